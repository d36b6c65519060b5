import { describe, expect, it } from "vitest";
import { loop } from "../../detectors/loop.ts";
import type { EventRecord } from "../../schemas/journal.ts";
import { event, harness, hex } from "./events.ts";

const START = Date.UTC(2026, 0, 27, 9);
const same = (name = "A"): Partial<EventRecord> => ({ tool: name, call: hex(`call ${name}`), outcome: hex("ok") });

/** `count` calls, one every `everyMs` (varied by `jitter` of it in a fixed pattern). */
function calls(
  count: number,
  everyMs: number,
  fields: (index: number) => Partial<EventRecord>,
  jitter = 0,
  from = START,
) {
  return Array.from({ length: count }, (_, index) =>
    event(from + Math.round(index * everyMs + jitter * everyMs * Math.sin(index * 2.4)), fields(index)),
  );
}

describe("a configured loop", () => {
  const config = { defaults: { detectors: { loop: { repeats: 5, within: "60s" } } } };

  it("is found at the k-th occurrence within the time, from the first minute", () => {
    const { take } = harness(config);
    const counts = calls(5, 15_000, () => same()).map((one) => take(one).length);
    expect(counts).toEqual([0, 0, 0, 0, 1]);
  });

  it("is not found when the k-th comes after the time", () => {
    expect(harness(config).takeAll(calls(20, 15_100, () => same()))).toEqual([]);
  });

  it("is obeyed as written even for a steady poller", () => {
    expect(harness(config).takeAll(calls(5, 10_000, () => same()))).toMatchObject([
      { reason: "configured_limit", severity: "critical", observed: 5 },
    ]);
  });

  it("is no loop while the outcome changes or the arguments do", () => {
    const outcomes = calls(50, 1000, (index) => ({ ...same(), outcome: hex(`page ${index}`) }));
    expect(harness(config).takeAll(outcomes)).toEqual([]);
    expect(harness(config).takeAll(calls(50, 1000, () => ({ tool: "A" })))).toEqual([]);
  });

  it("is found however many other calls lie between", () => {
    const busy = calls(5, 12_000, () => same()).flatMap((one) => [
      one,
      ...calls(30, 300, () => ({}), 0, one.judged_at + 1),
    ]);
    expect(harness(config).takeAll(busy)).toMatchObject([{ reason: "configured_limit", observed: 5 }]);
  });

  it("is found behind other calls that repeat themselves to crowd it out, and told once", () => {
    const pairs = (round: number) => (index: number) => same(`noise ${round} ${Math.floor(index / 2)}`);
    const crowd = calls(5, 5_000, () => same()).flatMap((one, round) => [
      one,
      ...calls(30, 100, pairs(round), 0, one.judged_at + 1),
    ]);
    expect(harness(config).takeAll(crowd)).toHaveLength(1);
  });

  it.each([2, 3, 7, 20])("is told once when %i calls go round in it", (length) => {
    const cycle = calls(12 * length, 250, (index) => same(`step ${index % length}`));
    expect(harness(config).takeAll(cycle)).toHaveLength(1);
  });

  it("counts by the moments of the calls, in whatever order they arrive", () => {
    const arriving = (seconds: readonly number[]) =>
      seconds.map((second) => event(START + second * 1000, { ...same(), arrived_at: START + 300_000 }));
    expect(harness(config).takeAll(arriving([280, 210, 140, 70, 0]))).toEqual([]);
    expect(harness(config).takeAll(arriving([30, 0, 59, 10, 45]))).toHaveLength(1);
  });

  it("watches limits of thousands in bounded memory", () => {
    const many = { defaults: { detectors: { loop: { repeats: 5000, within: "1h" } } } };
    const { take, runner } = harness(many);
    const found = calls(5100, 500, () => same()).findIndex((one) => take(one).length > 0);
    expect(found).toBeGreaterThanOrEqual(4999 - 20);
    expect(found).toBeLessThan(5030);
    expect(runner.save("agent:a")?.length).toBeLessThan(20_000);
  });
});

describe("a loop nobody configured", () => {
  it("is ten calls within a minute while nothing is learned", () => {
    const { take } = harness();
    const found = calls(12, 2000, () => same(), 0.2).findIndex((one) => take(one).length > 0);
    expect(found).toBe(9);
  });

  it.each([5_000, 30_000])("is not an honest poller every %i ms from its first minute", (every) => {
    expect(harness().takeAll(calls(2000, every, () => same()))).toEqual([]);
  });

  it("is not a poller whose answers take their time", () => {
    const polls = calls(2000, 5_000, () => same()).map((one, index) => {
      const at = one.judged_at + ((index * 7919) % 1000);
      return { ...one, arrived_at: at, judged_at: at };
    });
    expect(harness().takeAll(polls)).toEqual([]);
  });

  it("is a steady poll that suddenly comes twice a second", () => {
    const { takeAll, take } = harness();
    expect(takeAll(calls(600, 30_000, () => same(), 0.1))).toEqual([]);
    const faster = calls(20, 500, () => same(), 0, START + 600 * 30_000);
    const found = faster.findIndex((one) => take(one).length > 0);
    expect(found).toBeGreaterThan(5);
    expect(found).toBeLessThan(12);
  });

  it("is not a rate that this agent is known for, learned from history that was brought in", () => {
    const { takeAll } = harness();
    const poll = (index: number): Partial<EventRecord> => ({ ...same(), outcome: hex(`${Math.floor(index / 40)}`) });
    const history = calls(7200, 1000, poll, 0.3).map((one) => ({ ...one, backfill: true as const }));
    expect(takeAll(history)).toEqual([]);
    expect(takeAll(calls(600, 1000, poll, 0.3, START + 7_200_000))).toEqual([]);
  });

  it("is a cycle of two to eight calls, told once", () => {
    for (const names of ["AB", "ABC", "ABCD", "ABCDEFGH"]) {
      const cycle = calls(120, 1500, (index) => same(names[index % names.length]), 0.2);
      const findings = harness().takeAll(cycle);
      expect(new Set(findings.map((f) => f.subject)).size, names).toBe(1);
      expect(findings[0]?.title).toBe(`goes round in circles: ${findings[0]?.contributors[0]?.name}`);
    }
  });

  it("is a slow cycle of ten minutes", () => {
    const cycle = calls(30, 22_000, (index) => same("AB"[index % 2]), 0.4);
    expect(harness().takeAll(cycle).length).toBeGreaterThan(0);
  });

  it("is not two endpoints polled in turn by a timer", () => {
    const polls = calls(400, 15_000, (index) => same("AB"[index % 2]));
    expect(harness().takeAll(polls)).toEqual([]);
  });

  it("is retries without progress, however even", () => {
    const retries = calls(40, 20_000, () => ({ ...same(), failed: true as const, outcome: hex("500") }));
    expect(harness({}, [loop]).takeAll(retries)[0]).toMatchObject({ why: "it retries a call that fails every time" });
  });

  it("is repeated at most once a minute while it lasts", () => {
    const findings = harness().takeAll(calls(600, 1000, () => same(), 0.2));
    expect(findings.length).toBeGreaterThan(8);
    expect(findings.length).toBeLessThanOrEqual(10);
  });
});

describe("a loop of a tool that is known", () => {
  /** Ordinary work: other arguments each time, one in twenty asked again. */
  const work = (count: number, from: number) =>
    calls(
      count,
      30_000,
      (index) => ({ tool: "A", call: hex(`work ${index - (index % 20 === 0 ? 1 : 0)}`) }),
      0.3,
      from,
    );
  const known = () => {
    const one = harness({}, [loop]);
    expect(one.takeAll(work(2000, START))).toEqual([]);
    return { ...one, from: START + 2001 * 30_000 };
  };

  it.each([500, 6_000, 12_000, 20_000, 28_000])("is found at its fifth repeat, %i ms apart, however even", (every) => {
    const { take, from } = known();
    const found = calls(8, every, () => same(), 0, from).findIndex((one) => take(one).length > 0);
    expect(found).toBe(5);
  });

  it("is found among ordinary work, and told once", () => {
    const { takeAll, from } = known();
    const mixed = [...calls(40, 6_000, () => same(), 0.1, from), ...work(8, from)].sort(
      (a, b) => a.judged_at - b.judged_at,
    );
    const findings = takeAll(mixed);
    expect(new Set(findings.map((f) => f.subject)).size).toBe(1);
    expect(findings[0]).toMatchObject({ severity: "warning", reason: "unusual_repeats" });
    expect(findings.at(-1)).toMatchObject({ severity: "critical" });
  });

  it("is critical from ten on, and no loop when the answer changes", () => {
    const { takeAll, from } = known();
    expect(takeAll(calls(30, 2_000, (index) => ({ ...same(), outcome: hex(`${index}`) }), 0, from))).toEqual([]);
    const severities = takeAll(calls(12, 2_000, () => same(), 0, from + 600_000)).map((f) => f.severity);
    expect(severities).toEqual(["warning", "critical"]);
  });

  it("is not waiting for a job, by a tool that is known to wait, however long", () => {
    const { takeAll } = harness({}, [loop]);
    const waits = Array.from({ length: 200 }, (_, job) =>
      calls(job === 190 ? 200 : 2 + (job % 8), 10_000, () => same(`job ${job}`), 0.05, START + job * 3_600_000).map(
        (one) => ({ ...one, tool: "job_status" }),
      ),
    ).flat();
    expect(takeAll(waits)).toEqual([]);
  });

  it("is a poller in haste", () => {
    const { takeAll, take } = harness({}, [loop]);
    expect(takeAll(calls(2000, 60_000, () => same(), 0.1))).toEqual([]);
    const found = calls(60, 20_000, () => same(), 0.1, START + 2000 * 60_000).findIndex((one) => take(one).length > 0);
    expect(found).toBeGreaterThan(15);
    expect(found).toBeLessThan(50);
  });
});

describe("waiting for something", () => {
  /** A job of its own is asked for until it is done. */
  const wait = (job: number, count: number, from: number): EventRecord[] => {
    const asked = { tool: "get_build", call: hex(`build ${job}`) };
    return [
      ...calls(count, 2000, () => ({ ...asked, outcome: hex("running") }), 0, from),
      event(from + count * 2000, { ...asked, outcome: hex(`done ${job}`) }),
    ];
  };

  it("is no loop once calls of the tool came to an end before, and is one when it goes on far beyond", () => {
    const { takeAll } = harness();
    const told = [0, 1, 2, 3, 4].map((job) => takeAll(wait(job, 40, START + job * 3_600_000)).length > 0);
    // Of the first ones no more is known than that they went beyond what is stated, of the fourth that they went beyond twice that.
    expect(told).toEqual([true, true, true, true, false]);
    const endless = calls(
      120,
      400,
      () => ({ tool: "get_build", call: hex("build 9"), outcome: hex("running") }),
      0,
      START + 86_400_000,
    );
    expect(takeAll(endless)).toMatchObject([{ detector: "loop", severity: "critical" }]);
  });

  it("says nothing of calls whose outcome changed long after", () => {
    const { takeAll } = harness();
    const left = [0, 1, 2, 3].map((job) => {
      const from = START + job * 3_600_000;
      const asked = { tool: "get_build", call: hex(`build ${job}`) };
      const repeated = calls(40, 2000, () => ({ ...asked, outcome: hex("running") }), 0, from);
      return takeAll([...repeated, event(from + 1_200_000, { ...asked, outcome: hex("done") })]).length > 0;
    });
    expect(left).toEqual([true, true, true, true]);
  });
});
