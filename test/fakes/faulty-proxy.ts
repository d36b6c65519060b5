/** An HTTP proxy before ClickHouse's interface that breaks requests in the ways of a real network and a real server. */
import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, type ServerResponse, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";

export type Fault =
  /** Both connections are reset when so many bytes of the body have passed. */
  | { readonly kind: "reset"; readonly afterBytes: number }
  /** The work is done; then the caller's connection is destroyed without an answer. */
  | { readonly kind: "lost" }
  /** The work is done; its answer is held back until the caller has gone. */
  | { readonly kind: "slow" }
  /** Goes through; what was asked for after it meets a later request. */
  | { readonly kind: "none" }
  /** Answered by somebody who is no ClickHouse. */
  | { readonly kind: "status"; readonly status: number }
  /** Refused as the server refuses. */
  | { readonly kind: "code"; readonly code: keyof typeof ANSWERS };

/** Status and text of real servers (`exceptionCodeToHTTPStatus` in HTTPHandler.cpp gives those that are not 500). */
const ANSWERS = {
  60: [404, "Table watchkeeper.events does not exist. (UNKNOWN_TABLE)"],
  81: [404, "Database watchkeeper does not exist. (UNKNOWN_DATABASE)"],
  159: [408, "Timeout exceeded: elapsed 30.001 seconds, maximum: 30. (TIMEOUT_EXCEEDED)"],
  241: [500, "Memory limit (total) exceeded: would use 14.4 GiB, maximum: 14.4 GiB. (MEMORY_LIMIT_EXCEEDED)"],
  243: [500, "Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE)"],
  252: [500, "Too many parts (3000 with average size of 1.00 KiB) in table. Merges are processing. (TOO_MANY_PARTS)"],
  516: [403, "writer: Authentication failed: password is incorrect. (AUTHENTICATION_FAILED)"],
} as const satisfies Record<number, readonly [status: number, text: string]>;

/** Which requests a fault is for: the statement, of an insert without its rows. */
export type Matches = (statement: string) => boolean;

const inserts: Matches = (statement) => statement.startsWith("INSERT");
export const everything: Matches = () => true;

export interface FaultyProxy {
  readonly url: string;
  /** The next `times` requests that match meet the fault. Faults that were asked for first go first. */
  fail(fault: Fault, times?: number, matches?: Matches): void;
  /** Faults that nobody has met yet. */
  pending(): number;
  /** Forgets them. */
  clear(): void;
  /** Statements that were met by a fault, in order. */
  readonly met: readonly string[];
  /** Headers of every request, in order. */
  readonly headers: readonly IncomingMessage["headers"][];
  close(): Promise<void>;
}

export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  const upstream = new URL(target);
  const agent = new Agent({ keepAlive: true });
  const planned: { readonly fault: Fault; readonly matches: Matches }[] = [];
  const met: string[] = [];
  const headers: IncomingMessage["headers"][] = [];

  function faultFor(statement: string): Fault | undefined {
    const index = planned.findIndex(({ matches }) => matches(statement));
    const [next] = index < 0 ? [] : planned.splice(index, 1);
    if (next !== undefined) met.push(statement);
    return next?.fault;
  }

  /** Sends the request on, its body from `body`; the answer's head is here when it resolves. */
  async function forward(request: IncomingMessage, body: AsyncIterable<Buffer>): Promise<IncomingMessage> {
    const { hostname, port } = upstream;
    const { method, url: path, headers: sent } = request;
    const outgoing = send({ hostname, port, method, path, agent, headers: { ...sent, host: upstream.host } });
    const answered = once(outgoing, "response") as Promise<[IncomingMessage]>;
    answered.catch(() => undefined);
    await pipeline(body, outgoing);
    return (await answered)[0];
  }

  async function cut(request: IncomingMessage, body: AsyncIterable<Buffer>, afterBytes: number): Promise<void> {
    // A request that is left half-way lets go of its socket.
    const { socket } = request;
    async function* first(): AsyncGenerator<Buffer> {
      let left = afterBytes;
      for await (const chunk of body) {
        yield chunk.subarray(0, left);
        left -= chunk.length;
        if (left <= 0) break;
      }
      throw new Error("cut");
    }
    await forward(request, first()).catch(() => undefined);
    reset(socket);
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    headers.push(request.headers);
    const url = new URL(request.url ?? "/", target);
    const inUrl = url.searchParams.get("query");
    // Other statements are the body, and short.
    const whole = inUrl === null && request.method === "POST" ? await text(request) : undefined;
    const body: AsyncIterable<Buffer> = whole === undefined ? request : piece(whole);
    const fault = faultFor((inUrl ?? whole ?? "").trim());
    if (fault?.kind === "reset") return cut(request, body, fault.afterBytes);
    if (fault?.kind === "status") {
      await drained(body);
      return void response.writeHead(fault.status).end("<html>upstream is not there</html>");
    }
    if (fault?.kind === "code") {
      await drained(body);
      const [status, words] = ANSWERS[fault.code];
      const head = { "X-ClickHouse-Exception-Code": String(fault.code), "Content-Type": "text/plain; charset=UTF-8" };
      response.writeHead(status, head);
      return void response.end(`Code: ${fault.code}. DB::Exception: ${words} (version 26.7.2.1 (official build))\n`);
    }
    const answer = await forward(request, body);
    if (fault?.kind === "lost" || fault?.kind === "slow") {
      await drained(answer);
      if (fault.kind === "lost") return reset(request.socket);
      return void (response.closed || (await once(response, "close")));
    }
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    await pipeline(answer, response);
  }

  const server = createServer((request, response) => {
    const { socket } = request;
    handle(request, response).catch(() => socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fail(fault, times = 1, matches = inserts) {
      for (let n = 0; n < times; n += 1) planned.push({ fault, matches });
    },
    pending: () => planned.length,
    clear: () => void planned.splice(0),
    met,
    headers,
    async close() {
      server.closeAllConnections();
      agent.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function* piece(words: string): AsyncGenerator<Buffer> {
  yield Buffer.from(words);
}

async function drained(source: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of source);
}

function reset(socket: Duplex & { resetAndDestroy?: () => unknown }): void {
  if (socket.resetAndDestroy === undefined) socket.destroy();
  else socket.resetAndDestroy();
}
