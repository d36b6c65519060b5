import { describe, expect, it } from "vitest";
import type { EventFields } from "../../../ingest/recorder/types.ts";
import { wrapFunction } from "../../../ingest/recorder/wrap.ts";

function recording() {
  const calls: EventFields[] = [];
  let time = 0;
  const now = () => {
    time += 5;
    return time;
  };
  const wrap = <This, Args extends unknown[], Result>(fn: (this: This, ...args: Args) => Result) =>
    wrapFunction(fn, now, (fields) => calls.push(fields));
  return { calls, wrap };
}

describe("wrapping a function", () => {
  it("records a call that worked, and gives its result", async () => {
    const { calls, wrap } = recording();
    expect(await wrap(async (a: number, b: number) => a + b)(1, 2)).toBe(3);
    expect(wrap((text: string) => text.length)("four")).toBe(4);
    expect(calls).toEqual([
      { success: true, duration_ms: 5 },
      { success: true, duration_ms: 5 },
    ]);
  });

  it("records a call that failed, and hands on the very same error", async () => {
    const { calls, wrap } = recording();
    const error = new TypeError("no");
    await expect(wrap(() => Promise.reject(error))()).rejects.toBe(error);
    const fail = wrap(() => {
      throw error;
    });
    expect(fail).toThrow(error);
    expect(calls.map((call) => [call.success, call.error])).toEqual([
      [false, "no"],
      [false, "no"],
    ]);
  });

  it.each([
    [undefined],
    [null],
    ["text"],
    [
      {
        toString: () => {
          throw new Error("no");
        },
      },
    ],
  ])("records whatever else is thrown (%#)", async (thrown) => {
    const { calls, wrap } = recording();
    await expect(wrap(() => Promise.reject(thrown))()).rejects.toBe(thrown);
    expect(calls).toMatchObject([{ success: false, error: expect.any(String) }]);
  });

  it("keeps this, the arguments, the name and the number of parameters", () => {
    const { wrap } = recording();
    function scale(this: { factor: number }, value: number): number {
      return this.factor * value;
    }
    const wrapped = wrap(scale);
    expect(wrapped.call({ factor: 3 }, 4)).toBe(12);
    expect([wrapped.name, wrapped.length]).toEqual(["scale", 1]);
  });

  it("does not start a lazy thenable, and hands back a library's own promise as the same object", async () => {
    const { calls, wrap } = recording();
    let started = 0;
    const lazy: Record<string, unknown> = {};
    lazy[["th", "en"].join("")] = () => {
      started += 1;
    };
    expect(wrap(() => lazy)()).toBe(lazy);
    expect(started).toBe(0);
    class OwnPromise<T> extends Promise<T> {}
    const own = OwnPromise.resolve(1);
    expect(wrap(() => own)()).toBe(own);
    await own;
    expect(calls).toHaveLength(2);
  });

  it("leaves a rejection that nobody handles visible to the process", async () => {
    const { wrap } = recording();
    const error = new Error("unhandled");
    const seen = new Promise((resolve) => process.once("unhandledRejection", resolve));
    const others = process.listeners("unhandledRejection").slice(0, -1);
    for (const listener of others) process.off("unhandledRejection", listener);
    void wrap(() => Promise.reject(error))();
    expect(await seen).toBe(error);
    for (const listener of others) process.on("unhandledRejection", listener);
  });
});
