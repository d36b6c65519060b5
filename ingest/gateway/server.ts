/** The HTTP server itself: its bounds, and one form for every error, those before a request is understood included. */
import type { Socket } from "node:net";
import Fastify, { type FastifyInstance } from "fastify";
import { HEADER_BYTES, REQUEST_TIMEOUT_MS } from "./defaults.ts";
import { errorBody, type HttpError, httpErrorOf, refusal } from "./http-error.ts";
import type { GatewayTelemetry } from "./telemetry.ts";

/** A server without routes. Bodies are left on the raw request for the route to read. */
export function createServer(telemetry: GatewayTelemetry): FastifyInstance {
  const answerError = (error: unknown): HttpError => {
    const answer = httpErrorOf(framework(error));
    telemetry.requestRefused(answer.status, answer.body.error.code, error);
    return answer;
  };
  const server = Fastify({
    logger: false,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: 72_000,
    forceCloseConnections: "idle",
    http: { maxHeaderSize: HEADER_BYTES, headersTimeout: REQUEST_TIMEOUT_MS / 6, connectionsCheckingInterval: 5_000 },
    clientErrorHandler: (error, socket) => answerBrokenRequest(error.code, socket),
    frameworkErrors: (error, _request, reply) => {
      const { status, body } = answerError(error);
      reply.raw.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(body));
    },
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", (_request, _payload, done) => done(null, undefined));
  server.setErrorHandler((error, _request, reply) => {
    const { status, body, retryAfterSeconds } = answerError(error);
    if (retryAfterSeconds !== undefined) reply.header("retry-after", retryAfterSeconds);
    if (status === 401) reply.header("www-authenticate", "Bearer");
    return reply.status(status).send(body);
  });
  server.setNotFoundHandler((request) => {
    throw refusal("not_found", `There is no ${request.method} on this path.`);
  });
  server.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "unknown";
    telemetry.requestAnswered(route, reply.statusCode, reply.elapsedTime / 1000);
  });
  return server;
}

/** The framework's own refusals (a bad URL, a bad content type header) are the caller's. */
function framework(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error) || !("statusCode" in error)) return error;
  const callers = typeof error.statusCode === "number" && error.statusCode >= 400 && error.statusCode < 500;
  if (!callers || !String(error.code).startsWith("FST_ERR_")) return error;
  if (error.statusCode === 415) return refusal("unsupported_media_type", "The content type cannot be understood.");
  return refusal("invalid_request", "The request cannot be understood.");
}

function answerBrokenRequest(code: string, socket: Socket): void {
  const [status, body] =
    code === "HPE_HEADER_OVERFLOW"
      ? ["431 Request Header Fields Too Large", errorBody("headers_too_large", `Headers over ${HEADER_BYTES} bytes.`)]
      : code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? ["408 Request Timeout", errorBody("request_timeout", "The request took too long to arrive.")]
        : ["400 Bad Request", errorBody("invalid_request", "This is not HTTP.")];
  const text = JSON.stringify(body);
  if (code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}
