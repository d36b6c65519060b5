/** One post to the running gateway, repeated while it says "later". */
import { z } from "zod";
import { WatchkeeperError } from "../../schemas/errors.ts";

/** Posts a JSON array of one event under this key. Resolves with why it was refused; undefined: it was accepted. */
export type PostEvents = (body: Buffer, key: string) => Promise<string | undefined>;

export interface PostEventsOptions {
  readonly url: string;
  readonly token: string;
  readonly fetch: typeof globalThis.fetch;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
}

const answer = z.object({ rejected: z.array(z.object({ error: z.string() })) });
const LATER: readonly number[] = [429, 503];
const TRIES = 20;

/** Errors: `gateway_refused`. */
export function createPostEvents(options: PostEventsOptions): PostEvents {
  const { url, token, signal } = options;
  return async (body, key) => {
    for (let attempt = 1; ; attempt += 1) {
      const response = await options.fetch(`${url}/v1/events`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${token}`, "idempotency-key": key },
        body,
        signal,
      });
      if (response.ok) return answer.parse(await response.json()).rejected[0]?.error;
      const text = await response.text();
      if (!LATER.includes(response.status) || attempt === TRIES) {
        throw new WatchkeeperError(`The gateway answered ${response.status}: ${text.slice(0, 300)}`, {
          code: "gateway_refused",
          hint: "Letters that were accepted so far are not added again by the next try.",
        });
      }
      await options.sleep(1000 * Math.max(1, Number(response.headers.get("retry-after")) || 1), signal);
      signal.throwIfAborted();
    }
  };
}
