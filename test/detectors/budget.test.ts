import { describe, expect, it } from "vitest";
import { DAY_MS, HOUR_MS } from "../../detectors/time/zones.ts";
import { configOf, event, harness } from "./events.ts";

const dollars = (amount: number, more: object = {}) => ({
  budgets: [{ amount, unit: "usd", period: "day", ...more }],
});
/** 2026-01-27 00:00 in Berlin. */
const MIDNIGHT = Date.UTC(2026, 0, 26, 23);
const at = (hours: number) => MIDNIGHT + hours * HOUR_MS;

describe("a budget of $10 a day in Berlin", () => {
  const config = { timezone: "Europe/Berlin", defaults: dollars(10) };

  it("speaks once at 70, 90 and 100 percent used, with the amount, the moment and the forecast", () => {
    const { takeAll } = harness(config);
    const events = Array.from({ length: 12 }, (_, index) => event(at(9 + index / 2), { cost: "1.00", tool: "openai" }));
    const findings = takeAll(events);
    expect(findings.map((f) => [f.step, f.severity, f.title])).toEqual([
      [70, "warning", "used 70 % of today's budget"],
      [90, "warning", "used 90 % of today's budget"],
      [100, "critical", "limit reached: used 100 % of today's budget"],
    ]);
    const [first] = findings;
    expect(first?.facts).toEqual(["$7.00 of $10.00 at 12:00 Berlin", "at this pace spent by 13:17"]);
    expect(first?.why).toBe("7 calls to openai ($7.00) since 09:00");
    expect(first).toMatchObject({ subject: "usd/day", episode: "2026-01-27", endsAt: at(24), endReason: "new day" });
    expect(first?.events).toHaveLength(3);
  });

  it("speaks once with the greatest step when several are jumped over", () => {
    const [only, ...others] = harness(config).takeAll([event(at(1), { cost: "10.30" })]);
    expect(only).toMatchObject({ step: 100, title: "limit reached: used 103 % of today's budget" });
    expect(others).toEqual([]);
  });

  it("is exact: 70 times ten cents is 70 percent, 69 times and a pico-dollar less is not", () => {
    const cents = Array.from({ length: 69 }, () => event(at(1), { cost: "0.1" }));
    const { takeAll, take } = harness(config);
    expect(takeAll([...cents, event(at(1), { cost: "0.099999999999" })])).toEqual([]);
    expect(take(event(at(1), { cost: "0.000000000001" }))).toHaveLength(1);
  });

  it("starts anew each day, also when daylight saving makes it 23 hours", () => {
    const spring = Date.UTC(2026, 2, 28, 23);
    const { takeAll } = harness(config);
    const findings = takeAll([
      event(spring + 22 * HOUR_MS, { cost: "8" }),
      event(spring + 23 * HOUR_MS, { cost: "8" }),
    ]);
    expect(findings.map((f) => [f.episode, f.endsAt])).toEqual([
      ["2026-03-29", spring + 23 * HOUR_MS],
      ["2026-03-30", spring + 47 * HOUR_MS],
    ]);
  });

  it("says what share of the calls that cost money has no price", () => {
    const { takeAll } = harness(config);
    const [finding] = takeAll([
      ...Array.from({ length: 96 }, () => event(at(1), {})),
      event(at(1), { kind: "api_call", unpriced: true }),
      ...Array.from({ length: 3 }, () => event(at(1), { kind: "api_call", cost: "2.5" })),
    ]);
    expect(finding?.facts).toContain("25 % of paid calls have no price");
  });

  it("charges late events to the current period, so that backdating dodges no budget", () => {
    const { takeAll } = harness(config);
    const late = { clock: "late" as const, cost: "8", arrived_at: at(30), judged_at: at(2) };
    expect(takeAll([event(at(29), { cost: "0.1" }), event(at(2), late)])).toHaveLength(1);
  });

  it("charges history to its own period only, and tells of it with the next live event", () => {
    const { takeAll } = harness(config);
    const history = (judged: number) =>
      event(judged, { backfill: true, clock: "late", cost: "9.5", arrived_at: at(30), judged_at: judged });
    expect(takeAll([history(at(2)), history(at(25)), event(at(30), { cost: "0.01" })])).toMatchObject([{ step: 90 }]);
  });

  it("keeps what was used when its amount changes in mid-period", () => {
    const { take, takeAll } = harness(config);
    expect(takeAll([event(at(1), { cost: "6" })])).toEqual([]);
    const config8 = { timezone: "Europe/Berlin", defaults: dollars(8) };
    take({ type: "config", at: at(1), hash: "h2", config: configOf(config8) });
    expect(take(event(at(2), { cost: "0.01" }))).toMatchObject([{ step: 70 }]);
  });
});

describe("budgets of other units", () => {
  it("count actions and API calls, not decisions", () => {
    const { takeAll } = harness({ defaults: { budgets: [{ amount: 10, unit: "calls", period: "hour" }] } });
    const decisions = Array.from({ length: 20 }, () => event(at(1), { kind: "decision" }));
    expect(takeAll(decisions)).toEqual([]);
    const [first] = takeAll(Array.from({ length: 7 }, () => event(at(1))));
    expect(first).toMatchObject({ subject: "calls/hour", title: "used 70 % of this hour's call budget" });
  });

  it("count input and output tokens of a month", () => {
    const { takeAll } = harness({ defaults: { budgets: [{ amount: 2_000_000, unit: "tokens", period: "month" }] } });
    const [first] = takeAll([event(at(1), { input_tokens: 1_000_000, output_tokens: 400_000 })]);
    expect(first).toMatchObject({ episode: "2026-01", title: "used 70 % of this month's token budget" });
    expect(first?.facts[0]).toBe("1,400,000 of 2,000,000 tokens at 00:00 UTC");
  });

  it("count the uses of the tools that a pattern names, in a week that starts on Monday", () => {
    const budgets = [{ amount: 3, unit: "uses", tool: "read_*", period: "week" }];
    const { takeAll } = harness({ defaults: { budgets } });
    const sunday = Date.UTC(2026, 1, 1, 23);
    const findings = takeAll([
      ...["read_file", "write_file", "read_mail"].map((tool) => event(sunday, { tool })),
      event(sunday + HOUR_MS, { tool: "read_file" }),
      event(sunday + HOUR_MS, { tool: "read_file" }),
      event(sunday + DAY_MS, { tool: "read_file" }),
    ]);
    expect(findings).toMatchObject([{ step: 100, episode: "2026-W06", subject: "uses:read_*/week" }]);
  });

  it("an agent's own budgets replace the defaults", () => {
    const agents = { a: { budgets: [{ amount: 100, unit: "usd", period: "day" }] } };
    expect(harness({ defaults: dollars(10), agents }).take(event(at(1), { cost: "12" }))).toEqual([]);
  });

  it("tiers of one unit and period are told apart by their amount", () => {
    const tiers = [10, 50].map((amount) => ({ amount, unit: "usd", period: "day", warnAt: [100] }));
    const findings = harness({ defaults: { budgets: tiers } }).takeAll([event(at(1), { cost: "60" })]);
    expect(findings.map((f) => f.subject)).toEqual(["usd/day", "usd/day:50"]);
  });
});

describe("budgets of one agent", () => {
  const START = Date.UTC(2026, 0, 27, 9);

  it("count each for itself, however many there are", () => {
    const tools = Array.from({ length: 40 }, (_, index) => `tool${index}`);
    const budgets = tools.map((tool) => ({ amount: 10, unit: "uses", tool, period: "day" }));
    const uses = Array.from({ length: 12 }, () => tools.map((tool) => event(START, { tool }))).flat();
    const findings = harness({ defaults: { budgets } }).takeAll(uses);
    expect(new Set(findings.map((f) => `${f.subject} ${f.step}`)).size).toBe(120);
    expect(findings).toHaveLength(120);
  });

  it("speak once each as tiers, however many there are", () => {
    const budgets = Array.from({ length: 40 }, (_, index) => {
      return { amount: index + 1, unit: "usd", period: "day", warnAt: [100] };
    });
    const spent = Array.from({ length: 60 }, () => event(START, { cost: "1" }));
    expect(harness({ defaults: { budgets } }).takeAll(spent)).toHaveLength(40);
  });

  it("tell a limit that was raised in mid-period as one of its own", () => {
    const { take, takeAll } = harness({ defaults: dollars(10) });
    expect(take(event(START, { cost: "11" }))).toMatchObject([{ subject: "usd/day", step: 100 }]);
    take({ type: "config", at: START, hash: "raised", config: configOf({ defaults: dollars(20) }) });
    const findings = takeAll(Array.from({ length: 9 }, () => event(START, { cost: "1" })));
    expect(findings.map((f) => [f.subject, f.step])).toEqual([
      ["usd/day:20", 70],
      ["usd/day:20", 90],
      ["usd/day:20", 100],
    ]);
  });

  it("go on in the new zone's period when the zone changes, with what was used and said", () => {
    const evening = Date.UTC(2026, 0, 27, 21);
    const { take } = harness({ timezone: "Europe/Berlin", defaults: dollars(10) });
    expect(take(event(evening, { cost: "7" }))).toMatchObject([{ step: 70, endsAt: Date.UTC(2026, 0, 27, 23) }]);
    const moved = configOf({ timezone: "America/Los_Angeles", defaults: dollars(10) });
    take({ type: "config", at: evening, hash: "moved", config: moved });
    expect(take(event(evening + 3 * HOUR_MS, { cost: "1" }))).toEqual([]);
    const [ninety] = take(event(evening + 3 * HOUR_MS, { cost: "1" }));
    expect(ninety).toMatchObject({ step: 90, endsAt: Date.UTC(2026, 0, 28, 8) });
  });
});
