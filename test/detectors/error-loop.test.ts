import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { errorText } from "../../detectors/error-loop/error-text.ts";
import { errorLoop } from "../../detectors/error-loop.ts";
import { loop } from "../../detectors/loop.ts";
import { createRunner, type Runner } from "../../detectors/runner.ts";
import type { CalibrationRecord } from "../../schemas/calibration.ts";
import type { EventRecord } from "../../schemas/journal.ts";
import { configOf, event, harness, hex } from "./events.ts";

const START = Date.UTC(2026, 0, 27, 9);
const MINUTE = 60_000;

const failing = (error: string): Partial<EventRecord> => ({ failed: true, success: false, error, outcome: hex(error) });

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const ERRORS = ["timeout after 30000 ms", "connection reset by peer", "upstream returned 502", "rate limited"];

/** Calls a minute apart of which a share fails, each tried again up to twice. */
function flaky(count: number, share: number, from: number, seed = 7, tool = "search"): EventRecord[] {
  const draw = random(seed);
  const events: EventRecord[] = [];
  let at = from;
  for (let n = 0; n < count; n++) {
    at += MINUTE;
    for (let tries = 0; tries < 3; tries++) {
      const isFailed = draw() < share;
      const error = ERRORS[Math.floor(draw() * ERRORS.length)] ?? "";
      events.push(event(at + tries * 3000, { tool, ...(isFailed ? failing(error) : {}) }));
      if (!isFailed) break;
    }
  }
  return events;
}

const loopOf = (count: number, from: number, everyMs = 4000, error = "permission denied") =>
  Array.from({ length: count }, (_, n) => event(from + n * everyMs, { tool: "mail", ...failing(error) }));

describe("the same error", () => {
  it("is said at its fifth repeat, with other arguments each time, in a new agent", () => {
    const { take } = harness({}, [errorLoop]);
    const counts = loopOf(8, START).map((one) => take(one).length);
    expect(counts.indexOf(1)).toBe(5);
  });

  it("is said at its fifth repeat among work that goes well", () => {
    const { takeAll, take } = harness({}, [errorLoop]);
    expect(takeAll(flaky(3000, 0.02, START))).toEqual([]);
    const from = START + 3001 * MINUTE;
    const found = loopOf(10, from)
      .flatMap((one) => [one, event(one.judged_at + 1000, { tool: "search" })])
      .findIndex((one) => take(one).length > 0);
    expect(found).toBe(10);
  });

  it("does not take what is told for what was usual", () => {
    const said = (good: number, bad: number) => {
      const { takeAll } = harness({}, [errorLoop]);
      const well = (n: number) => event(START + n * 1000, { tool: "mail" });
      takeAll(Array.from({ length: good }, (_, n) => well(n)));
      takeAll(loopOf(bad, START + 3_600_000, 11 * MINUTE));
      return takeAll(loopOf(12, START + 86_400_000))[0]?.facts[1];
    };
    expect(said(0, 0)).toBe("no call of it before");
    expect(said(30, 0)).toBe("before: none of 30 calls");
    expect(said(30, 3)).toBe("before: 3 of 33 calls");
    expect(said(400, 4)).toBe("usual: 1 of 100");
  });

  it("is the same whatever names, numbers and identities stand in it", () => {
    const texts = ["user 1234 not found", "user 99 not found", "user a7c3d9e1-8 not found"];
    expect(new Set(texts.map((error) => errorText(event(START, failing(error))))).size).toBe(1);
    expect(errorText(event(START, failing("bad key sk-live-4f9a8b7c6d5e")))).not.toContain("4f9a");
    expect(errorText(event(START, { response_code: 503 }))).toBe("response code 503");
    expect(errorText(event(START, failing("status 502")))).not.toBe(errorText(event(START, failing("status 429"))));
  });

  it("is no loop when it is seldom, or when calls go well between", () => {
    expect(harness({}, [errorLoop]).takeAll(loopOf(50, START, 11 * MINUTE))).toEqual([]);
    const mixed = loopOf(40, START).flatMap((one) => [
      one,
      ...Array.from({ length: 5 }, (_, n) => event(one.judged_at + 100 + n, { tool: "mail" })),
    ]);
    expect(harness({}, [errorLoop]).takeAll(mixed)).toEqual([]);
  });

  it("is no loop in an agent whose tests mostly fail", () => {
    const draw = random(3);
    const tests = Array.from({ length: 4000 }, (_, n) =>
      event(START + n * MINUTE, { tool: "run_tests", ...(draw() < 0.6 ? failing("exit code 1") : {}) }),
    );
    const { takeAll } = harness({}, [errorLoop]);
    takeAll(tests.slice(0, 1000).map((one) => ({ ...one, backfill: true as const })));
    expect(takeAll(tests.slice(1000))).toEqual([]);
  });

  it.each([0.05, 0.25])("is not said of a flaky service whose calls are tried again (%f fail)", (share) => {
    for (const seed of [1, 2, 3]) {
      expect(harness({}, [errorLoop]).takeAll(flaky(6000, share, START, seed))).toEqual([]);
    }
  });

  it("is said again when it comes back days later", () => {
    const { takeAll } = harness({}, [errorLoop]);
    takeAll(flaky(3000, 0.02, START, 7, "mail"));
    expect(takeAll(loopOf(60, START + 3001 * MINUTE)).length).toBeGreaterThan(0);
    takeAll(flaky(3000, 0.02, START + 3100 * MINUTE, 8, "mail"));
    expect(takeAll(loopOf(7, START + 6200 * MINUTE))).toHaveLength(1);
  });

  it("is kept alive once a minute at most", () => {
    const findings = harness({}, [errorLoop]).takeAll(loopOf(100, START, 3000));
    expect(findings.length).toBeGreaterThan(3);
    expect(findings.length).toBeLessThanOrEqual(6);
  });
});

describe("errors of several tools at once", () => {
  const loops = (tools: readonly string[], count: number, from: number): EventRecord[] =>
    tools.flatMap((tool, n) => loopOf(count, from + n * MINUTE).map((one) => ({ ...one, tool })));

  it("keep no graver one silent, and name those that are as grave", () => {
    const { takeAll } = harness({}, [errorLoop]);
    expect(new Set(takeAll(loops(["a", "b", "c"], 8, START)).map(({ subject }) => subject)).size).toBe(3);
    const fourth = takeAll(loops(["d"], 11, START + 3 * MINUTE));
    expect(fourth).toEqual([]);
    const [again] = takeAll(loops(["c"], 1, START + 4 * MINUTE));
    expect(again?.facts.at(-1)).toBe("so do d");
    const graver = takeAll(loops(["d"], 2, START + 4 * MINUTE + 10_000));
    expect(graver.map(({ subject, severity }) => [subject, severity])).toEqual([["d", "critical"]]);
  });
});

describe("the share of failures", () => {
  it("that was noted, not told, is no habit: the same is noted every day", () => {
    const { take, takeAll, runner } = harness({}, [errorLoop]);
    const evidence = { score: "evidence", note: 4, page: 12 };
    take({ type: "calibration", at: START, thresholds: [evidence] } as unknown as CalibrationRecord);
    takeAll(flaky(4000, 0.03, START));
    let at = START + 4001 * MINUTE;
    const noted: number[] = [];
    for (let day = 0; day < 12; day++) {
      // One in four fails until it is noted, then all is well.
      let notes: readonly string[] = [];
      for (let n = 0; notes.length === 0 && n < 100; n++, at += MINUTE) {
        notes = takeAll([event(at, n % 4 === 0 ? failing(`${ERRORS[(n / 4) % 4]}`) : {})]).map((f) => f.severity);
        if (notes.length > 0) noted.push(n);
      }
      expect(notes).toEqual(["info"]);
      takeAll(flaky(1200, 0.03, at, 20 + day));
      at += 1201 * MINUTE;
    }
    expect(Math.max(...noted)).toBeLessThan(1.3 * Math.min(...noted));
    expect(runner.save("agent:a")).toContain('"saidAt":0');
  });

  it("is said when three times as many fail as usual", () => {
    const { takeAll } = harness({}, [errorLoop]);
    takeAll(flaky(4000, 0.03, START));
    const found = takeAll(flaky(600, 0.1, START + 4001 * MINUTE, 11));
    expect(found[0]).toMatchObject({ subject: "", reason: "over_baseline", severity: "warning" });
    expect(found[0]?.title).toMatch(/^fails \d.* times as often as usual$/);
  });

  it("is not said of failures that were told as a loop, also when the loop is over", () => {
    const { take, takeAll } = harness({}, [loop, errorLoop]);
    expect(takeAll(flaky(3000, 0.01, START))).toEqual([]);
    const from = START + 3001 * MINUTE;
    const call = { tool: "search", call: hex("again"), ...failing("not found") };
    const told = Array.from({ length: 40 }, (_, n) => take(event(from + n * 4000, call))).flat();
    expect(new Set(told.map(({ detector }) => detector))).toEqual(new Set(["loop"]));
    expect(takeAll(flaky(2000, 0.02, from + 120 * MINUTE, 9))).toEqual([]);
  });

  it("is not said while an agent is hardly known", () => {
    expect(harness({}, [errorLoop]).takeAll(flaky(200, 0.2, START, 5))).toEqual([]);
  });
});

describe("whatever comes", () => {
  const history = fc.array(
    fc.record({
      gap: fc.oneof({ weight: 5, arbitrary: fc.nat(20_000) }, { weight: 1, arbitrary: fc.nat(900_000) }),
      tool: fc.constantFrom("search", "mail"),
      error: fc.constantFrom(undefined, "timeout", "timeout", "permission denied"),
    }),
    { minLength: 10, maxLength: 150 },
  );
  const start = (): Runner => {
    const runner = createRunner({ detectors: [errorLoop], partition: 0 });
    runner.evaluate({ type: "config", at: 0, hash: "h", config: configOf({}) }, { partition: 0, offset: 0 });
    return runner;
  };

  it("a restart at any event changes nothing", () => {
    fc.assert(
      fc.property(history, fc.nat(), (steps, cut) => {
        let at = START;
        const events = steps.map(({ gap, tool, error }) => {
          at += gap;
          return event(at, { tool, ...(error === undefined ? {} : failing(error)) });
        });
        const run = (runner: Runner, part: readonly EventRecord[], first: number) =>
          part.flatMap((one, n) => [...runner.evaluate(one, { partition: 0, offset: first + n })]);
        const middle = cut % events.length;
        const first = start();
        const before = run(first, events.slice(0, middle), 1);
        const next = start();
        for (const key of first.takeDirty()) {
          const saved = first.save(key);
          if (saved !== null) next.restore(key, Buffer.from(saved));
        }
        const after = run(next, events.slice(middle), 1 + middle);
        expect(JSON.stringify([...before, ...after])).toBe(JSON.stringify(run(start(), events, 1)));
      }),
      { numRuns: 60 },
    );
  });

  it("state is bounded, whatever errors are made up", () => {
    const { take, runner } = harness({}, [errorLoop]);
    for (let n = 0; n < 3000; n++) {
      take(event(START + n * 1000, { tool: `tool ${n}`, ...failing(`${"x".repeat(n % 70)} broke`) }));
    }
    expect(runner.save("agent:a")?.length).toBeLessThan(12_000);
  });
});
