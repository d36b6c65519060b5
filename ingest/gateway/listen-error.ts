/** Why a port could not be opened, in words. */
import { messageOf, WatchkeeperError } from "../../schemas/errors.ts";

/** Codes: `port_in_use`, `port_forbidden`, `address_unavailable`, `listen_failed`. */
export function listenError(error: unknown, host: string, port: number): WatchkeeperError {
  const system = error instanceof Error && "code" in error ? error.code : undefined;
  const change = "Choose another with WATCHKEEPER_HTTP_PORT";
  if (system === "EADDRINUSE") {
    return new WatchkeeperError(`Port ${port} on ${host} is taken by another process.`, {
      code: "port_in_use",
      hint: `${change} (a second process needs its own WATCHKEEPER_DATA_DIR too), or stop that process.`,
      cause: error,
    });
  }
  if (system === "EACCES") {
    const hint = `${change}; ports below 1024 need special rights.`;
    return new WatchkeeperError(`Port ${port} on ${host} may not be opened.`, {
      code: "port_forbidden",
      hint,
      cause: error,
    });
  }
  if (system === "EADDRNOTAVAIL" || system === "ENOTFOUND") {
    return new WatchkeeperError(`This machine has no address ${host}.`, {
      code: "address_unavailable",
      hint: "Set WATCHKEEPER_HTTP_HOST to an address of this machine, such as 127.0.0.1.",
      cause: error,
    });
  }
  return new WatchkeeperError(`Listening on ${host}:${port} failed: ${messageOf(error)}`, {
    code: "listen_failed",
    cause: error,
  });
}
