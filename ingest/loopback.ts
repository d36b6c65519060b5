/** Which names and addresses reach only this machine. */
import { isIPv4 } from "node:net";

/** A host name or address, with or without brackets; `0.0.0.0` and `::` are not loopback. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  if (bare === "localhost" || bare === "::1") return true;
  const v4 = bare.startsWith("::ffff:") ? bare.slice("::ffff:".length) : bare;
  return isIPv4(v4) && v4.startsWith("127.");
}
