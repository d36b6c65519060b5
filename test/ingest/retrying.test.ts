import { describe, expect, it } from "vitest";
import { classifyOurs, delayOf, type Retrying, retrying } from "../../ingest/retrying.ts";
import { type ErrorVerdict, WatchkeeperError } from "../../schemas/errors.ts";

const failure = (verdict: ErrorVerdict, retryAfterMs?: number) =>
  new WatchkeeperError(verdict, { code: "test", verdict, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });

function setUp() {
  const waits: number[] = [];
  const giveUp = new AbortController();
  const options: Retrying = {
    giveUp: giveUp.signal,
    random: () => 1,
    sleep: async (ms) => {
      waits.push(ms);
    },
    onRetry: (_error, attempt) => {
      if (attempt === 20) giveUp.abort();
    },
  };
  return { waits, options };
}

function failing(...errors: WatchkeeperError[]): () => Promise<void> {
  return async () => {
    const error = errors.shift();
    if (error !== undefined) throw error;
  };
}

describe("retrying", () => {
  it("waits longer each time, at most 5 seconds, and at least as long as the error asks", async () => {
    const { waits, options } = setUp();
    const work = failing(failure("retry"), failure("retry", 7_000), failure("retry"));
    expect(await retrying(work, classifyOurs, options)).toEqual({ kind: "done" });
    expect(waits).toEqual([100, 7_000, 400]);
    expect(delayOf(50, () => 0)).toBe(2_500);
  });

  it("hands a refusal back and throws what is fatal or unknown", async () => {
    const { options } = setUp();
    expect(await retrying(failing(failure("poison")), classifyOurs, options)).toMatchObject({ kind: "refused" });
    await expect(retrying(failing(failure("fatal")), classifyOurs, options)).rejects.toThrow("fatal");
    const unknown = () => Promise.reject(new TypeError("a bug"));
    await expect(retrying(unknown, classifyOurs, options)).rejects.toThrow(TypeError);
  });

  it("does not wait for what is being mended when it must give up", async () => {
    const giveUp = new AbortController();
    const { options } = setUp();
    const mend = () => {
      setImmediate(() => giveUp.abort());
      return new Promise<boolean>(() => undefined);
    };
    const work = () => Promise.reject(failure("retry"));
    expect(await retrying(work, classifyOurs, { ...options, mend, giveUp: giveUp.signal })).toEqual({
      kind: "given_up",
    });
  });

  it("goes on for as long as it may, then gives up", async () => {
    const { options } = setUp();
    const work = () => Promise.reject(failure("retry"));
    expect(await retrying(work, classifyOurs, options)).toEqual({ kind: "given_up" });
  });
});
