/** A gateway as destination: one range a post, again and again under the same key until it is answered. */
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import type { fetch as undiciFetch } from "undici";
import { WatchkeeperError } from "../../schemas/errors.ts";
import { refusalWords } from "../refusal-words.ts";
import { whyUnreachable } from "../why-unreachable.ts";
import { type Bring, type Brought, type DestinationContext, pauseAfter } from "./destination.ts";

const TIMEOUT_MS = 60_000;
/** Everything else above 400 will not get better by itself. */
const WORTH_ANOTHER_TRY: readonly number[] = [408, 425, 429, 500, 502, 503, 504];

export interface PostOptions extends DestinationContext {
  /** Base URL of the gateway. */
  readonly to: string;
  readonly token: string | undefined;
  readonly fetch: typeof undiciFetch;
}

/** Error `gateway_refused` (with the gateway's own words) when no further try can help. */
export function createPostRange(options: PostOptions): Bring {
  const url = new URL("/v1/events", options.to);
  if (options.backfill) url.searchParams.set("backfill", "1");
  const packs = !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  const headers = {
    "content-type": "application/x-ndjson",
    ...(packs ? { "content-encoding": "gzip" } : {}),
    ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
  };
  const attempt = async (body: Buffer, key: string): Promise<Brought | Retry> => {
    const running = new AbortController();
    const cut = () => running.abort();
    const timer = setTimeout(cut, TIMEOUT_MS);
    options.cutOff.addEventListener("abort", cut, { once: true });
    try {
      const { signal } = running;
      const request = { method: "POST", body, headers: { ...headers, "idempotency-key": key }, signal };
      const response = await options.fetch(url, request);
      if (response.ok) return answered(await response.json());
      const text = await response.text();
      if (response.status === 413) return { kind: "tooLarge" };
      if (!WORTH_ANOTHER_TRY.includes(response.status)) throw refused(url.origin, response.status, text);
      const reason = `The gateway answered ${response.status}`;
      return { kind: "again", reason, afterMs: retryAfterMs(response.headers.get("retry-after")) };
    } catch (error) {
      if (error instanceof WatchkeeperError) throw error;
      const reason = `The gateway at ${url.origin} cannot be reached (${whyUnreachable(error)})`;
      return { kind: "again", reason, afterMs: undefined };
    } finally {
      clearTimeout(timer);
      options.cutOff.removeEventListener("abort", cut);
    }
  };
  return async ({ body: lines, key }) => {
    const body = packs ? await pack(lines) : lines;
    for (let failures = 0; ; failures += 1) {
      const outcome = await attempt(body, key);
      if (outcome.kind !== "again") return outcome;
      if (options.signal.aborted) return { kind: "stopped" };
      const pause = outcome.afterMs ?? pauseAfter(failures);
      options.waiting(outcome.reason, pause);
      await options.sleep(pause, options.signal);
      if (options.signal.aborted) return { kind: "stopped" };
    }
  };
}

interface Retry {
  readonly kind: "again";
  readonly reason: string;
  readonly afterMs: number | undefined;
}

function pack(body: Buffer): Promise<Buffer> {
  return promisify(gzip)(body, { level: constants.Z_BEST_SPEED });
}

function answered(answer: unknown): Brought {
  const { accepted, rejected } = answer as { accepted?: unknown; rejected?: unknown };
  if (typeof accepted !== "number" || !Array.isArray(rejected)) throw notAGateway();
  return { kind: "answered", accepted, rejected: rejected.length };
}

function notAGateway(): WatchkeeperError {
  return new WatchkeeperError("What answered is not a Watchkeeper gateway.", {
    code: "gateway_refused",
    hint: "Check the address given with --to.",
  });
}

function refused(origin: string, status: number, text: string): WatchkeeperError {
  const hint =
    status === 401 ? "Give the gateway's token: WATCHKEEPER_HTTP_TOKEN." : "Check the address given with --to.";
  return new WatchkeeperError(`${origin} refused the post with ${status}${refusalWords(text)}`, {
    code: "gateway_refused",
    hint,
  });
}

/** Whole seconds, at most five minutes of them; undefined when there are none that can be read. */
function retryAfterMs(header: string | null): number | undefined {
  const seconds = header === null || header.trim() === "" ? Number.NaN : Number(header);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds * 1000, 300_000) : undefined;
}
