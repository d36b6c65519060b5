/**
 * Who may ask. A token that is set is asked for by everything but `/healthz`, wherever the gateway listens. On loopback
 * everyone on the machine may ask without one, but no web page may: a foreign `Host` (DNS rebinding) and a foreign
 * `Origin` are refused. Beyond loopback there must be a token.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { WatchkeeperError } from "../../schemas/errors.ts";
import { isLoopback } from "../loopback.ts";
import { refusal } from "./http-error.ts";

/** Refuses one request, or returns. */
export type CheckAccess = (path: string, headers: IncomingHttpHeaders) => void;

/** Error `token_required`: listening beyond loopback without a token. */
export function createAccess(listenHost: string, token: string | undefined): CheckAccess {
  const isLocal = isLoopback(listenHost);
  if (token === undefined || token === "") {
    if (isLocal) return (_path, headers) => checkLocal(headers);
    throw new WatchkeeperError(`Listening on ${listenHost} needs a token: the gateway would be open to the network.`, {
      code: "token_required",
      hint: "Set WATCHKEEPER_HTTP_TOKEN, or listen on 127.0.0.1 (WATCHKEEPER_HTTP_HOST).",
      exitCode: 2,
    });
  }
  const checkToken = createTokenCheck(token);
  return (path, headers) => {
    // Behind a proxy of this machine the name that was asked for is the proxy's: the token alone says who may.
    if (path !== "/healthz") checkToken(headers);
  };
}

/** Refuses whoever does not send the token. */
export type CheckToken = (headers: IncomingHttpHeaders) => void;

/** Wherever the request comes from. */
export function createTokenCheck(token: string): CheckToken {
  const expected = digest(token);
  return (headers) => {
    const given = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1];
    if (given === undefined || !timingSafeEqual(digest(given), expected)) {
      throw refusal("unauthorized", "Send the token: Authorization: Bearer TOKEN.");
    }
  };
}

function checkLocal(headers: IncomingHttpHeaders): void {
  const { host, origin } = headers;
  if (host === undefined || !isLoopback(host.replace(/:\d{1,5}$/, ""))) {
    throw refusal("foreign_host", "This gateway answers only to 127.0.0.1, [::1] and localhost.");
  }
  const site = headers["sec-fetch-site"];
  const ownPage = origin === undefined || origin.toLowerCase() === `http://${host.toLowerCase()}`;
  if (!ownPage || site === "cross-site" || site === "same-site") {
    throw refusal("foreign_origin", "Pages of other origins may not use this gateway.");
  }
}

/** Equal lengths for the comparison, whatever was sent. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
