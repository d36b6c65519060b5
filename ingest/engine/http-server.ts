/** ClickHouse's HTTP interface over the engine's sessions. */
import { randomBytes, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { engineError, toEngineError } from "./clickhouse-error.ts";
import { type EngineRequest, execute } from "./execute.ts";
import { answerError, answerResult, wantsGzip } from "./http-answer.ts";
import { authenticate, type EngineUsers } from "./http-auth.ts";
import { readBody } from "./http-body.ts";
import type { NamedSessions } from "./named-sessions.ts";
import { requestSettings } from "./request-settings.ts";
import type { SessionPool } from "./session-pool.ts";

export interface HttpServerOptions {
  readonly pool: SessionPool;
  readonly named: NamedSessions;
  readonly users: EngineUsers;
  readonly database: string;
}

const ORIGIN = "http://engine";

/** Not listening yet. `GET /ping` answers without credentials, as a server does. */
export function createHttpServer(options: HttpServerOptions): Server {
  const server = createServer((request, response) => {
    // A path such as // is no URL; thrown here it would end the process, whoever asked.
    const target = request.url ?? "/";
    const url = new URL(URL.canParse(target, ORIGIN) ? target : "/", ORIGIN);
    const queryId = url.searchParams.get("query_id") ?? randomUUID();
    response.on("error", () => response.destroy());
    handle(request, response, url, queryId, options).catch((error: unknown) => {
      answerError(response, toEngineError(error), queryId.replace(/[^\w-]/g, ""));
    });
  });
  // A client keeps its sockets for up to 10 s; the side that closes first must be the client.
  server.keepAliveTimeout = 60_000;
  server.requestTimeout = 0;
  return server;
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  queryId: string,
  options: HttpServerOptions,
): Promise<void> {
  if (request.method === "GET" && url.pathname === "/ping") {
    response.end("Ok.\n");
    return;
  }
  if (url.pathname !== "/" || !["GET", "POST"].includes(request.method ?? "")) {
    throw engineError(60, "UNKNOWN_TABLE", `There is no ${request.method} ${url.pathname} here.`);
  }
  const role = authenticate(request, url.searchParams, options.users);
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const call = await readCall(request, url.searchParams, role, options.database, gone.signal);
  const result = await execute(options.pool, options.named, call);
  await answerResult(response, result, {
    queryId: queryId.replace(/[^\w-]/g, ""),
    exceptionTag: randomBytes(8).toString("hex"),
    gzip: wantsGzip(request, url.searchParams),
  });
}

async function readCall(
  request: IncomingMessage,
  query: URLSearchParams,
  role: "writer" | "reader",
  database: string,
  signal: AbortSignal,
): Promise<EngineRequest> {
  const asked = query.get("database") ?? request.headers["x-clickhouse-database"] ?? database;
  if (asked !== database && asked !== "default") {
    throw engineError(81, "UNKNOWN_DATABASE", `Database ${String(asked).slice(0, 80)} does not exist.`);
  }
  const body = await readBody(request);
  const inUrl = query.get("query");
  const settings = requestSettings(query, role);
  // As on a server, a GET changes nothing; formats may still be set.
  const isGet = request.method === "GET" && role === "writer";
  return {
    role,
    database,
    sql: inUrl ?? body.toString("utf8"),
    data: inUrl === null || inUrl === "" ? undefined : body,
    defaultFormat: request.headers["x-clickhouse-format"]?.toString() ?? query.get("default_format") ?? "TabSeparated",
    request: isGet ? { ...settings, settings: new Map([...settings.settings, ["readonly", "2"]]) } : settings,
    sessionId: role === "writer" ? (query.get("session_id") ?? undefined) : undefined,
    signal,
  };
}
