import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DETECTORS } from "../../../detectors/registry.ts";
import { createRunner } from "../../../detectors/runner.ts";
import { DAY_MS, HOUR_MS } from "../../../detectors/time/zones.ts";
import type { EventRecord } from "../../../schemas/journal.ts";
import { event, harness } from "../events.ts";
import { createCluster } from "./cluster.ts";

const usd = (amount: number, period = "day") => ({ budgets: [{ amount, unit: "usd", period }] });
const AGENTS = ["anna", "bert", "carl", "dora", "emil"];
const team = (name: string, budgets: object) => ({
  agents: Object.fromEntries(AGENTS.map((agent) => [agent, { team: name }])),
  teams: { [name]: budgets },
});
/** 2026-01-27 00:00 in Berlin. */
const MIDNIGHT = Date.UTC(2026, 0, 26, 23);
const at = (hours: number) => MIDNIGHT + hours * HOUR_MS;
const spent = (agent: string, moment: number, cost: string, more: Partial<EventRecord> = {}) =>
  event(moment, { agent, kind: "api_call", tool: "openai", cost, ...more });

describe("a team's budget of $10 a day in Berlin", () => {
  const config = { timezone: "Europe/Berlin", ...team("growth", usd(10)) };

  it("speaks once at 70, 90 and 100 percent of what agents of several partitions used together", () => {
    const cluster = createCluster(config, 4);
    expect(new Set(AGENTS.map(cluster.partitionOf)).size).toBeGreaterThan(1);
    for (let index = 0; index < 12; index++)
      cluster.send(spent(AGENTS[index % 3] as string, at(9 + index / 2), "1.00"));
    cluster.advance(at(24));
    expect(cluster.findings.map((f) => [f.step, f.severity, f.title])).toEqual([
      [70, "warning", "used 70 % of today's budget"],
      [90, "warning", "used 90 % of today's budget"],
      [100, "critical", "limit reached: used 100 % of today's budget"],
    ]);
    const [first] = cluster.findings;
    expect(first).toMatchObject({ scope: { kind: "team", name: "growth" }, agent: "", detector: "budget" });
    expect(first).toMatchObject({ subject: "usd/day", episode: "2026-01-27", endsAt: at(24), endReason: "new day" });
    expect(first?.facts).toEqual(["$7.00 of $10.00 at 12:00 Berlin", "at this pace spent by 13:17"]);
    expect(first?.why).toBe("anna 3 calls ($3.00), bert 2 calls ($2.00), carl 2 calls ($2.00) since 09:00");
    expect(first?.contributors.map(({ name }) => name)).toEqual(["anna", "bert", "carl"]);
  });

  it("is exact over partitions: a pico-dollar less is not enough", () => {
    const cluster = createCluster(config, 4);
    cluster.send(spent("anna", at(1), "3.333333333333"));
    cluster.send(spent("bert", at(2), "3.666666666666"));
    expect(cluster.findings).toEqual([]);
    cluster.send(spent("carl", at(3), "0.000000000001"));
    expect(cluster.findings).toMatchObject([{ step: 70 }]);
  });

  it("takes the newest offset of each partition, in whatever order its records come, and adds none twice", () => {
    const { runner, take } = harness(config);
    const part = (partition: number, offset: number, sum: string) => ({
      ...{ type: "scope" as const, at: at(12), scope: { kind: "team" as const, name: "growth" } },
      source: { partition, offset },
      usages: [
        {
          ...{ key: "usd/day", period: { key: "2026-01-27", start: MIDNIGHT, end: at(24) }, sum, since: at(1) },
          ...{ calls: 1, unpriced: 0, agents: [] },
        },
      ],
    });
    for (const record of [part(1, 50, "4"), part(1, 50, "4"), part(2, 9, "2.9"), part(1, 20, "1")]) {
      expect(take(record)).toEqual([]);
    }
    expect(take(part(2, 10, "3"))).toMatchObject([{ step: 70, observed: 7 }]);
    const restored = createRunner({ detectors: DETECTORS, partition: 0 });
    for (const key of runner.takeDirty()) restored.restore(key, Buffer.from(runner.save(key) as string));
    expect(restored.evaluate(part(1, 60, "9"), { partition: 0, offset: 2 })).toEqual([]);
    expect(restored.evaluate(part(1, 60, "6"), { partition: 0, offset: 6 })).toMatchObject([{ step: 90, observed: 9 }]);
  });

  it("waits a second at most, and writes one record a second at most", () => {
    const cluster = createCluster(config, 4);
    for (let ms = 0; ms < 5000; ms += 10) cluster.send(spent("anna", at(1) + ms, "0.02"));
    cluster.advance(at(1) + 6200);
    expect(cluster.records.length).toBeLessThanOrEqual(6);
    for (const [index, { at: moment }] of cluster.records.entries()) {
      expect(moment).toBeGreaterThanOrEqual((cluster.records[index - 1]?.at ?? 0) + 1000);
    }
    expect(cluster.findings.at(-1)).toMatchObject({ step: 100 });
    const crossed = at(1) + 4990;
    expect(cluster.findings.at(-1)?.at).toBeLessThanOrEqual(crossed + 1100);
  });

  it("tells what crossed a step in the last moment of a day as of that day", () => {
    const cluster = createCluster(config, 4);
    cluster.send(spent("anna", at(24) - 900, "5"));
    cluster.send(spent("anna", at(24) - 300, "4"));
    cluster.send(spent("anna", at(24) + 100, "1"));
    cluster.advance(at(25));
    expect(cluster.findings).toMatchObject([{ step: 90, episode: "2026-01-27", at: at(24) - 1 }]);
  });

  it("starts anew each day", () => {
    const cluster = createCluster(config, 4);
    for (const day of [0, 1]) for (const agent of AGENTS) cluster.send(spent(agent, at(24 * day + 12), "1.6"));
    cluster.advance(at(48));
    expect(cluster.findings.map((f) => f.episode)).toEqual(["2026-01-27", "2026-01-28"]);
  });

  it("charges late events to the current day; history to its own alone, told with the next live event", () => {
    const cluster = createCluster(config, 4);
    cluster.send(spent("anna", at(30), "3", { clock: "late", judged_at: at(2) }));
    const history = { clock: "late", backfill: true } as const;
    cluster.send(spent("bert", at(31), "50", { ...history, judged_at: at(3) }));
    cluster.send(spent("bert", at(32), "5", { ...history, judged_at: at(25) }));
    cluster.advance(at(33));
    expect(cluster.findings).toEqual([]);
    cluster.send(spent("carl", at(34), "0.01"));
    expect(cluster.findings).toMatchObject([{ step: 70, observed: 8.01 }]);
  });

  it("keeps what was used when the limit changes, and tells a raised limit as its own", () => {
    const cluster = createCluster(config, 4);
    for (const agent of AGENTS) cluster.send(spent(agent, at(12), "2"));
    cluster.advance(at(13));
    const told = cluster.findings.length;
    cluster.configure({ ...config, teams: { growth: usd(11) } }, at(14));
    expect(cluster.findings).toHaveLength(told);
    cluster.send(spent("anna", at(15), "0.01"));
    expect(cluster.findings.at(-1)).toMatchObject({ subject: "usd/day:11", step: 90, observed: 10.01 });
  });

  it("goes on with what was used when the time zone changes", () => {
    const cluster = createCluster(config, 4);
    for (const agent of AGENTS) cluster.send(spent(agent, at(12), "1.3"));
    cluster.configure({ ...config, timezone: "UTC" }, at(13));
    cluster.send(spent("anna", at(14), "0.6"));
    expect(cluster.findings).toMatchObject([{ step: 70, observed: 7.1, window: { from: at(1), to: at(25) } }]);
  });
});

describe("other totals that span agents", () => {
  it("the fleet's calls, whoever makes them", () => {
    const cluster = createCluster({ fleet: { budgets: [{ amount: 10, unit: "calls", period: "hour" }] } }, 24);
    for (let index = 0; index < 7; index++) cluster.send(event(at(1) + index * 2000, { agent: `agent ${index}` }));
    expect(cluster.findings).toMatchObject([
      { scope: { kind: "fleet", name: "fleet" }, title: "used 70 % of this hour's call budget", step: 70 },
    ]);
  });

  it("each credential that a pattern names by itself", () => {
    const cluster = createCluster({ credentials: { "openai-*": usd(10), "*": usd(100) } }, 4);
    const pay = (credential: string, moment: number) => {
      for (const agent of AGENTS) cluster.send(spent(agent, moment, "1.5", { credential }));
    };
    for (const [index, credential] of ["openai-a", "openai-b", "other"].entries()) pay(credential, at(1 + index));
    cluster.advance(at(10));
    expect(cluster.findings.map((f) => [f.scope.kind, f.scope.name, f.step])).toEqual([
      ["credential", "openai-a", 70],
      ["credential", "openai-b", 70],
    ]);
  });

  it("nothing where nobody wrote a budget", () => {
    const cluster = createCluster({ agents: { anna: { team: "growth" } }, teams: { growth: {} } }, 4);
    cluster.send(spent("anna", at(1), "1000", { credential: "key" }));
    cluster.advance(at(2));
    expect(cluster.records).toEqual([]);
  });

  it("names that are properties of every object are names", () => {
    const agents = { anna: { team: "constructor" } };
    const config = { agents, teams: { constructor: usd(10) }, credentials: { "*": usd(10) } };
    const cluster = createCluster(config, 4);
    cluster.send(spent("anna", at(1), "7", { credential: "__proto__" }));
    cluster.send(spent("hasOwnProperty", at(1), "7"));
    cluster.advance(at(2));
    expect(cluster.findings.map((f) => f.scope)).toEqual(
      expect.arrayContaining([
        { kind: "team", name: "constructor" },
        { kind: "credential", name: "__proto__" },
      ]),
    );
  });
});

describe("made-up credentials", () => {
  const config = { credentials: { "*": usd(100) }, limits: { credentials: 10 } };

  it("cost neither memory nor records, and are counted together", () => {
    const cluster = createCluster(config, 1);
    for (let index = 0; index < 5; index++) {
      cluster.send(spent("anna", at(1) + index, "10", { credential: "real" }));
    }
    for (let index = 0; index < 3000; index++) {
      cluster.send(spent("anna", at(1) + 10 + index, "0.1", { credential: `made up ${index}` }));
    }
    cluster.send(spent("anna", at(1) + 4000, "25", { credential: "real" }));
    cluster.advance(at(2));
    expect(cluster.records.length).toBeLessThan(60);
    expect(cluster.sum("credential", "real", "usd/day", "2026-01-27")).toBe(75);
    expect(cluster.sum("credential", "(others of *)", "usd/day", "2026-01-27")).toBeGreaterThan(290);
    expect(cluster.findings.map((f) => [f.scope.name, f.step])).toEqual(
      expect.arrayContaining([
        ["real", 70],
        ["(others of *)", 100],
      ]),
    );
  });
});

/** Events with gaps, in cents, by agents of a team of which one is another's. */
const history = fc.array(
  fc.record({
    gap: fc.oneof(
      { weight: 5, arbitrary: fc.nat(1500) },
      { weight: 2, arbitrary: fc.nat(600_000) },
      { weight: 1, arbitrary: fc.constantFrom(HOUR_MS, 5 * HOUR_MS) },
    ),
    agent: fc.constantFrom(...AGENTS, "stranger"),
    cents: fc.nat(120),
    late: fc.constantFrom(false, false, false, true),
    next: fc.oneof(
      { weight: 4, arbitrary: fc.constant({ kind: "nothing" } as const) },
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constant("checkpoint" as const), share: fc.constantFrom(0.4, 1, 1) }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("kill" as const), back: fc.nat(3) }) },
      { weight: 2, arbitrary: fc.constant({ kind: "die" } as const) },
    ),
    where: fc.nat(23),
  }),
  { minLength: 1, maxLength: 60 },
);
type History = typeof history extends fc.Arbitrary<infer T> ? T : never;

const CONFIG = {
  timezone: "Europe/Berlin",
  agents: Object.fromEntries(AGENTS.map((agent) => [agent, { team: "growth", budgets: [] }])),
  teams: { growth: usd(10) },
  fleet: usd(20, "hour"),
};

/** What a run came to: judged sums by scope and period, and the greatest step told of each. */
function outcome(steps: History, partitions: number, disturbed: boolean) {
  const cluster = createCluster(CONFIG, partitions);
  let moment = at(20);
  const days = new Map<string, number>();
  const hours = new Map<string, number>();
  const add = (map: Map<string, number>, key: string, cents: number) => map.set(key, (map.get(key) ?? 0) + cents);
  for (const { gap, agent, cents, late, next, where } of steps) {
    moment += gap;
    if (disturbed && next.kind === "die") cluster.killAtNext(cluster.partitionOf(agent));
    const lateness = late ? ({ clock: "late", judged_at: moment - DAY_MS } as const) : {};
    cluster.send(spent(agent, moment, (cents / 100).toFixed(2), lateness));
    const day = new Date(moment + HOUR_MS).toISOString().slice(0, 10);
    if (agent !== "stranger") add(days, day, cents);
    add(hours, `${new Date(moment + HOUR_MS).toISOString().slice(0, 13)}+01:00`, cents);
    if (disturbed && next.kind === "checkpoint") cluster.checkpoint(where % partitions, next.share);
    if (disturbed && next.kind === "kill") cluster.kill(where % partitions, next.back);
  }
  cluster.advance(moment + 5000);
  const told = new Map<string, number>();
  for (const { scope, episode, step } of cluster.findings) {
    const key = `${scope.kind} ${episode}`;
    told.set(key, Math.max(step, told.get(key) ?? 0));
  }
  // What is closed may be dropped.
  const today = new Date(moment + HOUR_MS).toISOString().slice(0, 10);
  const lastDay = [...days].find(([day]) => day === today);
  const lastHour = [...hours].at(-1) as [string, number];
  return {
    told: Object.fromEntries([...told].sort()),
    expected: Object.fromEntries([...reached("team", days, 1000), ...reached("fleet", hours, 2000)].sort()),
    day: lastDay && [cluster.sum("team", "growth", "usd/day", lastDay[0]), lastDay[1] / 100],
    hour: [cluster.sum("fleet", "fleet", "usd/hour", lastHour[0]), lastHour[1] / 100],
    steps: cluster.findings.map(({ scope, episode, step }) => `${scope.kind} ${episode} ${step}`),
  };
}

function reached(kind: string, sums: ReadonlyMap<string, number>, limit: number): [string, number][] {
  return [...sums].flatMap(([period, cents]): [string, number][] => {
    const step = [100, 90, 70].find((each) => cents * 100 >= limit * each);
    return step === undefined ? [] : [[`${kind} ${period}`, step]];
  });
}

describe("judged sums", () => {
  it.each([1, 4, 24])("are those of plain arithmetic over %i partitions, and so are the steps", (partitions) => {
    fc.assert(
      fc.property(history, (steps) => {
        const { told, expected, day, hour } = outcome(steps, partitions, false);
        expect(told).toEqual(expected);
        if (day) expect(day[0]).toBeCloseTo(day[1] as number, 9);
        expect(hour[0]).toBeCloseTo(hour[1] as number, 9);
      }),
      { numRuns: 60 },
    );
  });

  it.each([1, 4, 24])("are the same through kills and replays over %i partitions", (partitions) => {
    fc.assert(
      fc.property(history, (steps) => {
        const { told, expected, day, hour } = outcome(steps, partitions, true);
        expect(told).toEqual(expected);
        if (day) expect(day[0]).toBeCloseTo(day[1] as number, 9);
        expect(hour[0]).toBeCloseTo(hour[1] as number, 9);
      }),
      { numRuns: 80 },
    );
  });

  it("cross the same steps in the same order wherever the agents stand, when events are over a second apart", () => {
    fc.assert(
      fc.property(history, (steps) => {
        const apart = steps.map((step) => ({ ...step, gap: step.gap + 2500 }));
        const [one, four, many] = [1, 4, 24].map((partitions) => outcome(apart, partitions, false).steps);
        expect(four).toEqual(one);
        expect(many).toEqual(one);
      }),
      { numRuns: 40 },
    );
  });
});
