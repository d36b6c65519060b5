/**
 * A local HTTP server that speaks the part of Slack's Web API that is used here, with state: posted messages can be
 * edited, replied to and read back. Failures are scripted. Bodies are checked as strictly as Slack checks them.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { type Body, checkMessage, readBody } from "./slack-body.ts";

interface SlackCall {
  readonly method: string;
  readonly body: Body;
  /** Unix ms at receipt. */
  readonly at: number;
  /** What was answered: `ok`, an error code, `http_500`, `http_429`, `reset`. */
  readonly answered: string;
}

export interface SlackMessage {
  readonly channel: string;
  readonly ts: string;
  readonly thread_ts?: string;
  readonly broadcast: boolean;
  text: string;
  blocks: readonly unknown[];
  readonly metadata?: unknown;
  edits: number;
  /** Every text it ever showed, blocks included, oldest first. */
  readonly shown: string[];
}

/** What the next calls of a method meet instead of success. */
export type Fault =
  /** Slack's answer `{ok: false, error}`. */
  | { readonly kind: "error"; readonly error: string }
  | { readonly kind: "http"; readonly status: number }
  | { readonly kind: "ratelimited"; readonly retryAfter: number }
  | { readonly kind: "slow"; readonly ms: number }
  /** Answers, and shows the message, when that is over. */
  | { readonly kind: "held"; readonly until: Promise<unknown> }
  /** The connection is reset, before or after the message was taken. */
  | { readonly kind: "reset"; readonly taken: boolean }
  /** Taken, then answered with this status. */
  | { readonly kind: "taken"; readonly status: number };

export interface SlackServerOptions {
  /** The only token that is taken; default `xoxb-test`. */
  readonly token?: string;
  /** Channel ids by name; default `#agent-alerts`. Names that are not here are `channel_not_found`. */
  readonly channels?: Readonly<Record<string, string>>;
  /** Answer 429 above this many messages a second and channel; default: no limit. */
  readonly messagesPerSecond?: number;
  /** Default: any free one. */
  readonly port?: number;
}

export interface SlackServer {
  /** For `SLACK_API_URL`, ends with `/api/`. */
  readonly url: string;
  readonly token: string;
  readonly calls: readonly SlackCall[];
  readonly messages: readonly SlackMessage[];
  /** Messages that are no thread replies. */
  firsts(): readonly SlackMessage[];
  replies(ts?: string): readonly SlackMessage[];
  /** The next `times` (default 1) calls of the method meet the fault, after faults that were queued before. */
  fail(method: string, fault: Fault, times?: number): void;
  /** From now on until `clear`, every call of the method meets it. */
  failAlways(method: string, fault: Fault): void;
  clear(): void;
  remove(ts: string): void;
  close(): Promise<void>;
}

const PAGE = 100;

export async function startSlackServer(options: SlackServerOptions = {}): Promise<SlackServer> {
  const token = options.token ?? "xoxb-test";
  const channels = new Map(Object.entries(options.channels ?? { "agent-alerts": "C0000ALERTS" }));
  const calls: SlackCall[] = [];
  const messages: SlackMessage[] = [];
  const queued = new Map<string, Fault[]>();
  const always = new Map<string, Fault>();
  let serial = 0;

  function idOf(name: string): string | undefined {
    const bare = name.replace(/^#/, "");
    return channels.get(bare) ?? channels.get(`#${bare}`) ?? [...channels.values()].find((id) => id === name);
  }

  function post(body: Body): Body {
    const channel = idOf(String(body.channel));
    if (channel === undefined) return { ok: false, error: "channel_not_found" };
    const wrong = checkMessage(body);
    if (wrong !== undefined) return { ok: false, error: wrong };
    serial += 1;
    const ts = `${Math.floor(Date.now() / 1000)}.${String(serial).padStart(6, "0")}`;
    const { text = "", blocks = [], metadata, thread_ts } = body as Partial<SlackMessage>;
    const thread = thread_ts === undefined ? {} : { thread_ts };
    const meta = metadata === undefined ? {} : { metadata };
    const broadcast = String(body.reply_broadcast) === "true";
    const shown = [`${text}\n${JSON.stringify(blocks)}`];
    messages.push({ channel, ts, ...thread, broadcast, text, blocks, ...meta, edits: 0, shown });
    return { ok: true, channel, ts, message: { text } };
  }

  function update(body: Body): Body {
    // Slack takes no names here, only ids.
    if (![...channels.values()].includes(String(body.channel))) return { ok: false, error: "channel_not_found" };
    const message = messages.find((one) => one.ts === body.ts && one.channel === body.channel);
    if (message === undefined) return { ok: false, error: "message_not_found" };
    const wrong = checkMessage(body);
    if (wrong !== undefined) return { ok: false, error: wrong };
    message.text = String(body.text ?? "");
    message.blocks = (body.blocks as readonly unknown[] | undefined) ?? [];
    message.edits += 1;
    message.shown.push(`${message.text}\n${JSON.stringify(message.blocks)}`);
    return { ok: true, channel: message.channel, ts: message.ts, text: message.text };
  }

  function read(body: Body, wanted: (message: SlackMessage) => boolean): Body {
    if (![...channels.values()].includes(String(body.channel))) return { ok: false, error: "channel_not_found" };
    const oldest = Number(body.oldest ?? 0);
    const from = Number(body.cursor ?? 0);
    const limit = Math.min(Number(body.limit ?? PAGE), PAGE);
    const all = messages
      .filter((one) => one.channel === body.channel && wanted(one) && Number(one.ts) > oldest)
      .reverse();
    const withMetadata = String(body.include_all_metadata) === "true";
    const page = all.slice(from, from + limit).map(({ ts, thread_ts, text, metadata }) => ({
      ...{ type: "message", ts, text },
      ...(thread_ts === undefined ? {} : { thread_ts }),
      ...(withMetadata && metadata !== undefined ? { metadata } : {}),
    }));
    const next_cursor = from + limit < all.length ? String(from + limit) : "";
    return { ok: true, messages: page, has_more: next_cursor !== "", response_metadata: { next_cursor } };
  }

  function answer(method: string, body: Body): Body {
    switch (method) {
      case "auth.test":
        return { ok: true, user: "watchkeeper", team: "Test", team_id: "T0000TEST", bot_id: "B0000TEST" };
      case "chat.postMessage":
        return post(body);
      case "chat.update":
        return update(body);
      case "conversations.history":
        return read(body, (one) => one.thread_ts === undefined || one.broadcast);
      case "conversations.replies":
        return read(body, (one) => one.ts === body.ts || one.thread_ts === body.ts);
      case "conversations.list":
        return { ok: true, channels: [...channels].map(([name, id]) => ({ id, name: name.replace(/^#/, "") })) };
      default:
        return { ok: false, error: "unknown_method" };
    }
  }

  function overLimit(method: string, body: Body, at: number): boolean {
    const { messagesPerSecond } = options;
    if (messagesPerSecond === undefined || method !== "chat.postMessage") return false;
    const channel = idOf(String(body.channel));
    const recent = calls.filter(
      (call) =>
        call.method === method &&
        call.answered === "ok" &&
        at - call.at < 1000 &&
        idOf(String(call.body.channel)) === channel,
    );
    return recent.length >= messagesPerSecond;
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = new URL(request.url ?? "/", "http://slack").pathname.split("/").at(-1) ?? "";
    const body = await readBody(request);
    const at = Date.now();
    const say = (status: number, value: Body, answered: string, headers: Record<string, string> = {}) => {
      calls.push({ method, body, at, answered });
      response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers });
      response.end(JSON.stringify(value));
    };
    const given = request.headers.authorization?.replace(/^Bearer /, "") ?? body.token;
    if (given !== token) return say(200, { ok: false, error: given ? "invalid_auth" : "not_authed" }, "invalid_auth");
    const fault = queued.get(method)?.shift() ?? always.get(method) ?? always.get("*");
    if (fault?.kind === "http") return say(fault.status, { ok: false }, `http_${fault.status}`);
    if (fault?.kind === "ratelimited" || overLimit(method, body, at)) {
      const retryAfter = fault?.kind === "ratelimited" ? fault.retryAfter : 1;
      return say(429, { ok: false, error: "ratelimited" }, "http_429", { "retry-after": String(retryAfter) });
    }
    if (fault?.kind === "error") return say(200, { ok: false, error: fault.error }, fault.error);
    if (fault?.kind === "slow") await delay(fault.ms);
    if (fault?.kind === "held") await fault.until;
    if (fault?.kind === "reset") {
      if (fault.taken) answer(method, body);
      calls.push({ method, body, at, answered: "reset" });
      request.socket.resetAndDestroy();
      return;
    }
    const result = answer(method, body);
    if (fault?.kind === "taken") return say(fault.status, { ok: false }, `http_${fault.status}`);
    say(200, result, result.ok === true ? "ok" : String(result.error));
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      calls.push({ method: "?", body: {}, at: Date.now(), answered: String(error) });
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => void server.listen(options.port ?? 0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}/api/`,
    token,
    calls,
    messages,
    firsts: () => messages.filter((one) => one.thread_ts === undefined),
    replies: (ts) =>
      messages.filter((one) => one.thread_ts !== undefined && (ts === undefined || one.thread_ts === ts)),
    fail(method, fault, times = 1) {
      queued.set(method, [...(queued.get(method) ?? []), ...Array<Fault>(times).fill(fault)]);
    },
    failAlways: (method, fault) => void always.set(method, fault),
    clear() {
      queued.clear();
      always.clear();
    },
    remove(ts) {
      const index = messages.findIndex((one) => one.ts === ts);
      if (index >= 0) messages.splice(index, 1);
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}
