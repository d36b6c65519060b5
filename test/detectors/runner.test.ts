import { describe, expect, it } from "vitest";
import type { Detector, DetectorState } from "../../detectors/detector.ts";
import { makeFinding } from "../../detectors/finding.ts";
import { createRunner } from "../../detectors/runner.ts";
import type { Finding } from "../../schemas/finding.ts";
import { configOf, event, harness } from "./events.ts";

const START = Date.UTC(2026, 0, 27, 9);

interface Counting extends DetectorState {
  events: number;
  due: number | undefined;
}

function counting(saved: Partial<Counting> = {}): Counting {
  const state: Counting = {
    events: saved.events ?? 0,
    due: saved.due,
    save: () => ({ events: state.events, ...(state.due === undefined ? {} : { due: state.due }) }),
  };
  return state;
}

const say = (view: Parameters<Detector["onEvent"]>[2], observed: number, title: string): readonly Finding[] => [
  makeFinding(view, {
    detector: "silence",
    subject: "",
    severity: "info",
    window: { from: view.now, to: view.now },
    unit: "calls",
    observed,
    reason: "test",
    title,
    facts: [],
    endReason: "",
    quietAfterMs: 1000,
  }),
];

/** Speaks when an agent was quiet for a minute: a detector with a timer. */
const silence: Detector<Counting> = {
  name: "silence",
  summary: "An agent was quiet for a minute after it had worked.",
  page: { ready: "", quieter: "" },
  stateVersion: 1,
  create: () => counting(),
  load: (saved) => counting(saved as Partial<Counting>),
  onEvent(state, one) {
    state.events++;
    state.due = one.judged_at + 60_000;
    return [];
  },
  onTimer(state, view) {
    state.due = undefined;
    return say(view, state.events, "quiet");
  },
  nextDue: (state) => state.due,
};

const broken: Detector = {
  ...silence,
  name: "broken",
  onEvent() {
    throw new Error("boom");
  },
  nextDue: () => undefined,
} as Detector;

describe("the runner", () => {
  it("fires timers in due order at their due time, once", () => {
    const { runner, take } = harness({}, [silence as Detector]);
    take(event(START + 500, { agent: "b" }));
    take(event(START, { agent: "a" }));
    take(event(START + 10_000, { agent: "c" }));
    expect(runner.nextDue()).toBe(START + 60_000);
    const fired = runner.fire(START + 65_000);
    expect(fired.map((f) => [f.agent, f.at])).toEqual([
      ["a", START + 60_000],
      ["b", START + 60_500],
    ]);
    expect(runner.nextDue()).toBe(START + 70_000);
    take(event(START + 69_000, { agent: "c" }));
    expect(runner.fire(START + 71_000)).toEqual([]);
  });

  it("has its timers again after a restart", () => {
    const { runner, take } = harness({}, [silence as Detector]);
    take(event(START));
    const next = createRunner({ detectors: [silence as Detector], partition: 0 });
    for (const key of runner.takeDirty()) next.restore(key, Buffer.from(runner.save(key) ?? ""));
    expect(next.nextDue()).toBe(START + 60_000);
    expect(next.fire(START + 60_000)).toEqual(runner.fire(START + 60_000));
  });

  it("isolates a detector that throws: it is told of, the others go on", () => {
    const failures: string[] = [];
    const onFailure = (detector: string, agent: string, error: unknown): void => {
      failures.push(`${detector} ${agent} ${(error as Error).message}`);
    };
    const runner = createRunner({ detectors: [broken, silence as Detector], partition: 0, onFailure });
    runner.evaluate(event(START), { partition: 0, offset: 1 });
    expect(failures).toEqual(["broken a boom"]);
    expect(runner.nextDue()).toBe(START + 60_000);
  });

  it("forgets the longest quiet agent at its limit, and removes its keys", () => {
    const { runner, take } = harness({ limits: { agents: 2 } });
    for (const agent of ["a", "b", "a", "c"]) take(event(START, { agent }));
    expect(runner.save("agent:b")).toBeNull();
    expect(runner.takeDirty()).toEqual(expect.arrayContaining(["agent:b", "baseline:b", "agent:c", "partition"]));
    expect(runner.save("agent:a")).not.toBeNull();
  });

  it("forgets those last that somebody wrote settings for, so that made-up names cost no budget", () => {
    const agents = { a: { budgets: [{ amount: 10, unit: "usd", period: "day" }] } };
    const { take, takeAll } = harness({ limits: { agents: 3 }, agents });
    take(event(START, { cost: "6" }));
    takeAll(Array.from({ length: 20 }, (_, index) => event(START, { agent: `made up ${index}` })));
    expect(take(event(START, { cost: "2" }))).toMatchObject([{ detector: "budget", step: 70 }]);
  });

  it("forgets the same agent after a restart", () => {
    const first = harness({ limits: { agents: 3 } });
    for (const agent of ["a", "b", "c", "a"]) first.take(event(START, { agent }));
    const next = createRunner({ detectors: [], partition: 0 });
    for (const key of first.runner.takeDirty().reverse()) {
      next.restore(key, Buffer.from(first.runner.save(key) ?? "null"));
    }
    next.evaluate(event(START, { agent: "d" }), { partition: 0, offset: 100 });
    expect(["a", "b", "c", "d"].filter((agent) => next.save(`agent:${agent}`) === null)).toEqual(["b"]);
  });

  it("counts tools beyond the limit together", () => {
    const { runner, take } = harness({ limits: { toolsPerAgent: 2 } });
    for (const tool of ["x", "y", "z", "w"]) take(event(START, { tool }));
    expect(JSON.parse(runner.save("agent:a") ?? "{}")).toMatchObject({ tools: ["x", "y"] });
  });

  it("obeys a configuration from its record on, an agent's own keys over the defaults", () => {
    const { take } = harness({ defaults: { detectors: { "off-hours": { enabled: false } }, hours: [] } });
    expect(take(event(START))).toEqual([]);
    const agents = { a: { detectors: { "off-hours": { enabled: true } } } };
    take({ type: "config", at: START, hash: "h2", config: configOf({ defaults: { hours: [] }, agents }) });
    expect(take(event(START))).toHaveLength(1);
  });

  it("says which configuration is in force, also after its state was restored", () => {
    const { runner, take } = harness();
    take({ type: "config", at: START, hash: "h2", config: configOf({}) });
    expect(runner.configHash()).toBe("h2");
    const next = harness().runner;
    next.restore("partition", Buffer.from(runner.save("partition") ?? ""));
    expect(next.configHash()).toBe("h2");
  });

  it("refuses a state that a newer release wrote", () => {
    const { runner } = harness();
    const newer = Buffer.from(JSON.stringify({ v: 99 }));
    expect(() => runner.restore("agent:a", newer)).toThrow(expect.objectContaining({ code: "state_too_new" }));
  });

  it("keeps nothing of the raw line but a short note", () => {
    const { runner, take } = harness();
    const raw = JSON.stringify({ details: { query: "acme prices" }, more: "secret ".repeat(50) });
    take(event(START, { raw }));
    const saved = runner.save("agent:a") ?? "";
    expect(saved).toContain("acme prices");
    expect(saved).not.toContain("secret secret");
  });

  it("reads the baseline that the release before wrote as a record", () => {
    const hours = new Array<number>(48).fill(2);
    const learned = { state: "ready", days: 28, needed: 7, dispersion: 0.05, unit: 1 } as const;
    const series = [{ series: "calls", subject: "", ...learned, expected: hours, recent: hours }] as const;
    const record = { type: "baseline", agent: "a", at: START, from: START, series } as const;
    const { runner, take } = harness({}, []);
    take({ ...record, series: [...series] });
    const former = createRunner({ detectors: [], partition: 0 });
    former.restore("baseline:a", Buffer.from(JSON.stringify({ v: 1, offset: 0, record })));
    const { packed } = JSON.parse(runner.save("baseline:a") ?? "") as { packed: object };
    expect(JSON.parse(former.save("baseline:a") ?? "")).toEqual({ v: 3, offset: 0, packed });
  });
});
