/** One post to the gateway, as a plain outcome. */
import { refusalWords } from "../refusal-words.ts";
import { whyUnreachable } from "../why-unreachable.ts";
import type { PostOutcome } from "./transport.ts";

export interface PostTarget {
  readonly url: string;
  readonly token: string | undefined;
  readonly timeoutMs: number;
  readonly fetch: typeof globalThis.fetch;
}

/** What no later try can mend. A wrong token or address can be mended, so those are tried again. */
const NEVER_TAKEN: readonly number[] = [400, 405, 415, 422];

/** Never rejects. Every line has an id, so the same post again counts once. */
export async function postLines(lines: readonly string[], target: PostTarget): Promise<PostOutcome> {
  try {
    const response = await target.fetch(new URL("/v1/events", target.url).href, {
      method: "POST",
      body: `${lines.join("\n")}\n`,
      headers: {
        "content-type": "application/x-ndjson",
        ...(target.token === undefined ? {} : { authorization: `Bearer ${target.token}` }),
      },
      signal: AbortSignal.timeout(target.timeoutMs),
    });
    // A server that refuses a long body may hang up before its answer was read; the status is known.
    const body = await response.text().catch(() => "");
    if (response.ok) return taken(lines.length, body, target.url);
    const error = new Error(`Watchkeeper answered ${response.status}${refusalWords(body)}`);
    if (response.status === 413) return { kind: "tooLarge" };
    if (NEVER_TAKEN.includes(response.status)) return { kind: "refused", error };
    return { kind: "later", afterMs: retryAfterMs(response.headers.get("retry-after")), error };
  } catch (error) {
    const address = URL.canParse(target.url) ? new URL(target.url).origin : target.url;
    const why = `The gateway at ${address} cannot be reached (${whyUnreachable(error)}); trying again.`;
    return { kind: "later", afterMs: undefined, error: new Error(why, { cause: error }) };
  }
}

/** A proxy may say 200 to anything: lines are taken only when a gateway says so. */
function taken(sent: number, body: string, url: string): PostOutcome {
  let answer: { readonly rejected?: unknown } | null;
  try {
    answer = JSON.parse(body) as typeof answer;
  } catch {
    const error = new Error(`Something else than a gateway answers at ${new URL(url).origin}; trying again.`);
    return { kind: "later", afterMs: undefined, error };
  }
  const found = answer?.rejected;
  const rejected = Array.isArray(found) ? found.map((one: { error?: unknown } | null) => String(one?.error)) : [];
  return { kind: "taken", accepted: sent - rejected.length, rejected };
}

function retryAfterMs(header: string | null): number | undefined {
  const seconds = header === null ? Number.NaN : Number(header);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 300) * 1000 : undefined;
}
