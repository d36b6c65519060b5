import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Ranges } from "../../detectors/resource/ranges.ts";
import { resource } from "../../detectors/resource.ts";
import { logNormal } from "../../ingest/demo/random.ts";
import type { EventRecord } from "../../schemas/journal.ts";
import { event, harness } from "./events.ts";

const START = Date.UTC(2026, 0, 27, 9);
const MINUTE = 60_000;

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Calls a minute apart, log-normal in time and tokens. */
function calls(count: number, from: number, { times = 1, spread = 0.4, seed = 5, fields = {} } = {}): EventRecord[] {
  const draw = random(seed);
  return Array.from({ length: count }, (_, n) =>
    event(from + n * MINUTE, { duration_ms: Math.round(times * logNormal(800, spread, draw)), ...fields }),
  );
}

const known = () => {
  const one = harness({}, [resource]);
  expect(one.takeAll(calls(1000, START))).toEqual([]);
  return { ...one, from: START + 1001 * MINUTE };
};

describe("a resource", () => {
  it.each([3, 5, 20])("is told of within minutes when calls take %i times as long", (times) => {
    const { takeAll, from } = known();
    const [found] = takeAll(calls(30, from, { times, seed: 9 }));
    expect(found).toMatchObject({ subject: "time", unit: "ms", reason: "over_baseline" });
    expect(found?.severity).toBe(times >= 10 ? "critical" : "warning");
    expect(((found?.at ?? 0) - from) / MINUTE).toBeLessThan(15);
    expect(found?.title).toMatch(/^takes \d.* times the usual time$/);
  });

  it("is not told of for a few slow calls, nor for one that is very slow", () => {
    const { takeAll, from } = known();
    const mixed = calls(300, from).map((one, n) => (n % 60 < 2 ? { ...one, duration_ms: 60_000 } : one));
    expect(takeAll(mixed)).toEqual([]);
  });

  it.each([1, 2, 3, 4])("is quiet over 30,000 ordinary calls, wide and narrow (seed %i)", (seed) => {
    const { takeAll } = harness({}, [resource]);
    expect(takeAll(calls(15_000, START, { seed, spread: 0.15 }))).toEqual([]);
    expect(takeAll(calls(15_000, START, { seed, spread: 0.8, fields: { tool: "mail" } }))).toEqual([]);
  });

  it("is quiet over a tail of Pareto", () => {
    const draw = random(3);
    const { takeAll } = harness({}, [resource]);
    const tokens = () => Math.round(Math.min(180_000, 900 / draw() ** (1 / 1.4)));
    expect(takeAll(calls(15_000, START).map((one) => ({ ...one, input_tokens: tokens() })))).toEqual([]);
  });

  it("is quiet while little is known, and of amounts too small to matter", () => {
    const { takeAll } = harness({}, [resource]);
    expect(takeAll(calls(100, START))).toEqual([]);
    expect(takeAll(calls(90, START + 200 * MINUTE, { times: 20 }))).toEqual([]);
    const tiny = harness({}, [resource]);
    const fast = (count: number, ms: number, from: number) =>
      Array.from({ length: count }, (_, n) => event(from + n * MINUTE, { duration_ms: ms }));
    expect(tiny.takeAll(fast(500, 2, START))).toEqual([]);
    expect(tiny.takeAll(fast(100, 40, START + 600 * MINUTE))).toEqual([]);
  });

  it("that was told of is told of again when it comes back", () => {
    const { takeAll, from } = known();
    expect(takeAll(calls(60, from, { times: 5 })).length).toBeGreaterThan(0);
    expect(takeAll(calls(500, from + 100 * MINUTE))).toEqual([]);
    expect(takeAll(calls(60, from + 700 * MINUTE, { times: 5 })).length).toBeGreaterThan(0);
  });

  it("is learned from history that was brought in", () => {
    const { takeAll } = harness({}, [resource]);
    expect(takeAll(calls(1000, START).map((one) => ({ ...one, backfill: true as const })))).toEqual([]);
    expect(takeAll(calls(30, START + 1001 * MINUTE, { times: 6 })).length).toBeGreaterThan(0);
  });
});

describe("ranges", () => {
  it("find median and 0.9 quantile of the logarithms", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 0.3, max: 1, noNaN: true }), (seed, spread) => {
        const draw = random(seed);
        const ranges = new Ranges();
        const at = ranges.find(0, 0);
        for (let n = 0; n < 5000; n++) ranges.learn(at, Math.log(logNormal(1000, spread, draw)));
        expect(ranges.calls(at)).toBe(5000);
        expect(Math.abs(ranges.median(at) - Math.log(1000))).toBeLessThan(0.25 * spread);
        expect(Math.abs(ranges.high(at) - Math.log(1000) - 1.2816 * spread)).toBeLessThan(0.35 * spread);
      }),
      { numRuns: 30 },
    );
  });

  it("are bounded, whatever tools are made up", () => {
    const { take, runner } = harness({}, [resource]);
    for (let n = 0; n < 3000; n++) {
      take(event(START + n * 1000, { tool: `tool ${n}`, duration_ms: 500.5, cpu_percent: 20.123, input_tokens: 1000 }));
    }
    expect(runner.save("agent:a")?.length).toBeLessThan(20_000);
  });
});
