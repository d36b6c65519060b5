/** Who is asking: Basic, `X-ClickHouse-User`/`-Key`, or `user` and `password` in the URL. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { engineError } from "./clickhouse-error.ts";
import type { Credentials } from "./protocol.ts";

export interface EngineUsers {
  readonly writer: Credentials;
  readonly reader: Credentials;
}

function given(request: IncomingMessage, query: URLSearchParams): Credentials {
  const basic = /^Basic ([A-Za-z0-9+/=]+)$/.exec(request.headers.authorization ?? "")?.[1];
  if (basic !== undefined) {
    const text = Buffer.from(basic, "base64").toString("utf8");
    const colon = text.indexOf(":");
    return { username: text.slice(0, colon), password: text.slice(colon + 1) };
  }
  const header = (name: string) => request.headers[name]?.toString();
  return {
    username: header("x-clickhouse-user") ?? query.get("user") ?? "default",
    password: header("x-clickhouse-key") ?? query.get("password") ?? "",
  };
}

/** Compares in a time that tells nothing of the secret. */
function equal(left: string, right: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}

/** @throws EngineError 516 (HTTP 403), the same for a wrong name and a wrong password. */
export function authenticate(
  request: IncomingMessage,
  query: URLSearchParams,
  users: EngineUsers,
): "writer" | "reader" {
  const { username, password } = given(request, query);
  for (const role of ["writer", "reader"] as const) {
    const matches = equal(password, users[role].password);
    if (matches && username === users[role].username) return role;
  }
  throw engineError(516, "AUTHENTICATION_FAILED", `${username.slice(0, 60)}: Authentication failed.`);
}
