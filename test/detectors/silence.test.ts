import { describe, expect, it } from "vitest";
import { createRunner, type Runner } from "../../detectors/runner.ts";
import { silence } from "../../detectors/silence.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { BaselineRecord, JournalRecord } from "../../schemas/journal.ts";
import { configOf, event } from "./events.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** A Tuesday. */
const START = Date.UTC(2026, 0, 27);

/** Calls an hour over the two days from START on. */
function baseline(agent: string, hours: (hour: number) => number, dispersion = 0.02, unit = 1): BaselineRecord {
  const expected = Array.from({ length: 48 }, (_, hour) => hours(hour));
  const known = { state: "ready", days: 28, needed: 7, dispersion, unit } as const;
  const calls = { series: "calls", subject: "", expected, recent: expected, ...known } as const;
  const worked = expected.map((count) => (count > 1 ? 1 : 0.2));
  const share = { ...calls, series: "hours", expected: worked, recent: worked } as const;
  return { type: "baseline", agent, at: START, from: START, series: [calls, share] };
}

/** A runner that fires its timers, with ticks every minute. */
function watch(written: unknown = {}) {
  let runner: Runner = createRunner({ detectors: [silence], partition: 0 });
  const store = new Map<string, string>();
  let offset = 0;
  let clock = START - 1;
  const take = (record: JournalRecord): Finding[] => {
    const at = record.type === "event" ? record.arrived_at : record.at;
    const fired = [...runner.fire(at)];
    clock = Math.max(clock, at);
    return [...fired, ...runner.evaluate(record, { partition: 0, offset: offset++ })];
  };
  take({ type: "config", at: clock, hash: "h", config: configOf(written) });
  return {
    take,
    /** Events of some agents every so often, and ticks, until then. */
    until(to: number, everyMs: Readonly<Record<string, number>>): Finding[] {
      const found: Finding[] = [];
      for (let at = Math.ceil((clock + 1) / MINUTE) * MINUTE; at < to; at += MINUTE) {
        found.push(...take({ type: "tick", at }));
        for (const [agent, every] of Object.entries(everyMs)) {
          if (at % every === 0) found.push(...take(event(at, { agent })));
        }
      }
      return found;
    },
    restart(): void {
      const next = createRunner({ detectors: [silence], partition: 0 });
      for (const key of runner.takeDirty()) store.set(key, runner.save(key) ?? "");
      for (const [key, saved] of store) if (saved !== "") next.restore(key, Buffer.from(saved));
      runner = next;
    },
  };
}

const around = (): number => 12;
const office = (hour: number): number => (hour % 24 >= 8 && hour % 24 < 17 ? 12 : 0);

describe("an agent that always logs", () => {
  it("is told of once when it stops, and the end is said when it logs again", () => {
    const { take, until } = watch();
    take(baseline("a", around));
    expect(until(START + 6 * HOUR, { a: 5 * MINUTE })).toEqual([]);
    const found = until(START + 20 * HOUR, {});
    expect(found).toMatchObject([{ agent: "a", severity: "warning", reason: "below_baseline", observed: 0 }]);
    expect(found[0]?.title).toMatch(/^has logged nothing for \d+ minutes$/);
    expect(found[0]?.facts[1]).toBe("expected: a call every 5 minutes");
    expect((found[0]?.at ?? 0) - START - 6 * HOUR).toBeLessThan(90 * MINUTE);
    const [end] = take(event(START + 20 * HOUR, { agent: "a" }));
    expect(end).toMatchObject({ reason: "logs_again", quietAfterMs: 1 });
    expect(until(START + 24 * HOUR, { a: 5 * MINUTE })).toEqual([]);
  });

  it("need not work in every hour of the night for that", () => {
    const { take, until } = watch();
    const known = baseline("a", () => 3, 0.05, 3);
    const share = (hour: number): number => (hour % 24 < 6 ? 0.3 : 0.6);
    const series = known.series.map((one) =>
      one.series === "hours" ? { ...one, expected: one.expected.map((_, hour) => share(hour)) } : one,
    );
    take({ ...known, series });
    expect(until(START + 6 * HOUR, { a: 20 * MINUTE })).toEqual([]);
    expect(until(START + 40 * HOUR, {})).toMatchObject([{ agent: "a", severity: "warning" }]);
  });

  it("may pause for as long as it usually does", () => {
    const { take, until } = watch();
    take(baseline("a", around));
    until(START + HOUR, { a: 5 * MINUTE });
    until(START + 2 * HOUR, {});
    until(START + 3 * HOUR, { a: 5 * MINUTE });
    expect(until(START + 4 * HOUR, {})).toEqual([]);
  });

  it("is told of the same way when the watch restarted meanwhile", () => {
    const told = (restarts: boolean) => {
      const { take, until, restart } = watch();
      take(baseline("a", around));
      const found: Finding[] = [];
      for (let hour = 1; hour < 12; hour++) {
        found.push(...until(START + hour * HOUR, hour < 5 ? { a: 5 * MINUTE } : {}));
        if (restarts) restart();
      }
      return found.map(({ id, at, title, facts, score }) => ({ id, at, title, facts, score }));
    };
    expect(JSON.stringify(told(true))).toBe(JSON.stringify(told(false)));
    expect(told(true)).toHaveLength(1);
  });

  it("is not told of for the time in which the watch itself was not looking", () => {
    const { take, until } = watch();
    take(baseline("a", around));
    until(START + 4 * HOUR, { a: 5 * MINUTE });
    const late = START + 9 * HOUR;
    expect(take({ type: "tick", at: late })).toEqual([]);
    expect(take(event(late + MINUTE, { agent: "a" }))).toEqual([]);
    expect(until(START + 12 * HOUR, { a: 5 * MINUTE })).toEqual([]);
  });
});

describe("an agent of office hours", () => {
  it("rests at night, and on a day without others to compare with is only noted", () => {
    const { take, until } = watch();
    take(baseline("a", office));
    expect(until(START + 17 * HOUR, { a: 5 * MINUTE })).toEqual([]);
    expect(until(START + 32 * HOUR, {})).toEqual([]);
    expect(until(START + 41 * HOUR, {})).toMatchObject([{ agent: "a", severity: "info" }]);
  });

  it("is missed where others like it work", () => {
    const { take, until } = watch();
    const others = { b: 5 * MINUTE, c: 5 * MINUTE, d: 5 * MINUTE };
    for (const agent of ["a", ...Object.keys(others)]) take(baseline(agent, office));
    until(START + 17 * HOUR, { a: 5 * MINUTE, ...others });
    until(START + 32 * HOUR, {});
    expect(until(START + 41 * HOUR, others)).toMatchObject([{ agent: "a", severity: "warning" }]);
  });

  it("is told with all others in one message on a day off", () => {
    const { take, until } = watch();
    const all = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`a${n}`, 5 * MINUTE]));
    for (const agent of Object.keys(all)) take(baseline(agent, office));
    take(baseline("poller", around));
    until(START + 17 * HOUR, { ...all, poller: 5 * MINUTE });
    const found = until(START + 41 * HOUR, { poller: 5 * MINUTE });
    expect(new Set(found.map(({ scope, subject }) => `${scope.kind} ${subject}`))).toEqual(new Set(["fleet "]));
    expect(new Set(found.map(({ severity }) => severity))).toEqual(new Set(["info"]));
  });
});

describe("silence", () => {
  it("of everything is one message, and over when something is heard", () => {
    const { take, until } = watch();
    const all = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`a${n}`, 5 * MINUTE]));
    for (const agent of Object.keys(all)) take(baseline(agent, around));
    until(START + 6 * HOUR, all);
    const found = until(START + 9 * HOUR, {});
    expect(found.every(({ scope, title }) => scope.kind === "fleet" && title === "no agent logs any more")).toBe(true);
    expect(take(event(START + 9 * HOUR, { agent: "a1" }))).toMatchObject([
      { scope: { kind: "fleet" }, quietAfterMs: 1 },
    ]);
  });

  it("of an agent with a run or two a day says nothing", () => {
    const { take, until } = watch();
    take(baseline("a", () => 0.6, 0.1, 6));
    take(event(START, { agent: "a" }));
    expect(until(START + 47 * HOUR, {})).toEqual([]);
  });

  it("of an agent nobody knows yet says nothing", () => {
    const { until } = watch();
    until(START + 2 * HOUR, { a: MINUTE });
    expect(until(START + 30 * HOUR, {})).toEqual([]);
  });

  it("is told after the time that somebody wrote, as far as it lies in declared hours", () => {
    const written = { agents: { a: { detectors: { silence: { after: "2h" } }, hours: ["Mon-Fri 08:00-17:00"] } } };
    const { until } = watch(written);
    until(START + 16 * HOUR + MINUTE, { a: 5 * MINUTE });
    const found = until(START + 40 * HOUR, {});
    expect(found).toMatchObject([{ at: START + 33 * HOUR, reason: "configured_limit", severity: "warning" }]);
    expect(found[0]?.facts[1]).toBe("allowed: 2 hours");
  });

  it("is not looked for where it is switched off", () => {
    const { until } = watch({ defaults: { detectors: { silence: { after: "1h", enabled: false } } } });
    until(START + HOUR, { a: 5 * MINUTE });
    expect(until(START + 9 * HOUR, {})).toEqual([]);
  });
});
