import { describe, expect, it } from "vitest";
import type { Detector } from "../../../detectors/detector.ts";
import { makeFinding } from "../../../detectors/finding.ts";
import { DAY_MS, HOUR_MS } from "../../../detectors/time/zones.ts";
import { configSchema } from "../../../schemas/config.ts";
import type { Line } from "./actor.ts";
import { configFor } from "./config.ts";
import { type Fleet, fleetOf } from "./fleet.ts";
import type { Label } from "./label.ts";
import { createLimits } from "./limits.ts";
import { reportOf } from "./report.ts";
import { reportText } from "./report-text.ts";
import { scoreOf } from "./score.ts";
import { type Page, watchFleet } from "./watch.ts";

const START = Date.UTC(2026, 2, 2);
const WATCH = START + 28 * DAY_MS;

function label(fields: Partial<Label>): Label {
  const from = fields.from ?? WATCH + DAY_MS;
  const window = { from, to: from + HOUR_MS, countsFrom: from };
  return {
    id: "one",
    agent: "a",
    type: "spend",
    variant: "dearer",
    magnitude: 3,
    normal: 30,
    returns: 0,
    ...window,
    ...fields,
  };
}

function page(fields: Partial<Page>): Page {
  return {
    at: WATCH + DAY_MS,
    agent: "a",
    detector: "spend",
    subject: "",
    severity: "warning",
    title: "",
    incident: "i",
    reason: "opened",
    ...fields,
  };
}

const base = fleetOf({ seed: 1, agents: 10, history: 4, weeks: 2, perAgent: 0 });
const fleetWith = (labels: readonly Label[]): Fleet => ({
  ...base,
  span: { from: START, watchFrom: WATCH, to: WATCH + 14 * DAY_MS },
  labels,
});
const score = (labels: readonly Label[], pages: readonly Page[], notes: readonly Page[] = []) =>
  scoreOf(1, fleetWith(labels), { events: 10, pages, notes }, createLimits([]));

describe("scoring", () => {
  it("excuses the summary of what came late where records were written late, and counts it for nothing", () => {
    const late = label({ type: "integrity", variant: "backdated" });
    const summary = page({ agent: "", detector: "integrity", subject: "late" });
    expect(score([late], [summary])).toMatchObject({ falsePages: [], outcomes: [{ told: false }] });
    expect(score([label({ type: "integrity", variant: "same-id" })], [summary]).falsePages).toHaveLength(1);
    expect(score([late], [{ ...summary, subject: "" }]).falsePages).toHaveLength(1);
  });

  it("takes a note for told where notes are what is wanted, of a detector whose business it is, and nowhere else", () => {
    const note = page({ severity: "info", detector: "price-coverage" });
    const told = (type: Label["type"], one: Page) => score([label({ type })], [], [one]).outcomes[0]?.told;
    expect(told("price-coverage", note)).toBe(true);
    expect(told("price-coverage", { ...note, detector: "integrity" })).toBe(false);
    expect(told("spend", { ...note, detector: "spend" })).toBe(false);
  });

  it("takes the first page within the window and an hour after it as told", () => {
    const one = label({});
    const { outcomes, falsePages } = score(
      [one],
      [page({ at: one.to + HOUR_MS - 1 }), page({ at: one.to + HOUR_MS, detector: "loop" })],
    );
    expect(outcomes).toMatchObject([
      { told: true, named: true, delayMs: 2 * HOUR_MS - 1, detectors: ["spend", "loop"] },
    ]);
    expect(falsePages).toEqual([]);
  });

  it("counts what no label explains, in the watch only", () => {
    const one = label({});
    const others = [
      page({ at: one.from - 1 }),
      page({ agent: "b" }),
      page({ at: WATCH - 1 }),
      page({ at: one.to + HOUR_MS + 1 }),
    ];
    const { outcomes, falsePages, pages } = score([one], others);
    expect(outcomes).toMatchObject([{ told: false, named: false, delayMs: null }]);
    expect(falsePages).toHaveLength(3);
    expect(pages).toBe(3);
  });

  it("gives a page to the incident that began last, and to slow drift only what it drifts in", () => {
    const drift = label({ id: "drift", type: "slow-poison", from: WATCH - DAY_MS, to: WATCH + 14 * DAY_MS });
    const leak = label({ id: "leak", type: "secret-leak" });
    const { outcomes, falsePages } = score(
      [drift, leak],
      [page({ detector: "secret-leak" }), page({ at: WATCH + 9 * DAY_MS, detector: "loop" })],
    );
    expect(outcomes.map(({ label: { id }, told }) => [id, told])).toEqual([
      ["drift", false],
      ["leak", true],
    ]);
    expect(falsePages).toHaveLength(1);
  });

  it("lets a shift of level be said once", () => {
    const [first] = base.profiles;
    const shifted = {
      ...first,
      agent: "a",
      change: { at: WATCH + DAY_MS, times: 2, tool: undefined },
    } as Fleet["profiles"][number];
    const fleet = { ...fleetWith([]), profiles: [shifted] };
    const pages = [
      page({ at: WATCH + DAY_MS + HOUR_MS }),
      page({ at: WATCH + 2 * DAY_MS }),
      page({ at: WATCH + 4 * DAY_MS }),
    ];
    const { falsePages, shiftsSaid } = scoreOf(1, fleet, { events: 1, pages, notes: [] }, createLimits([]));
    expect([shiftsSaid, falsePages.length]).toEqual([1, 2]);
  });

  it("sums up by type and size, and names what falls short", () => {
    const labels = [
      label({}),
      label({ id: "two", agent: "b", magnitude: 1.2 }),
      label({ id: "three", agent: "c", type: "loop", magnitude: null }),
    ];
    const report = reportOf(
      [score(labels, [page({}), page({ agent: "d" }), page({ agent: "e" }), page({ agent: "f" })])],
      1,
    );
    expect(report.types.find(({ type }) => type === "spend")).toMatchObject({
      byMagnitude: { "3": { told: 1, of: 1 }, "1.2": { told: 0, of: 1 } },
      recall: { told: 1, of: 1 },
      medianDelayMs: 0,
    });
    expect(report.fleets).toMatchObject([{ falsePagesPerWeek: 1.5, falseByDetector: { spend: 3 } }]);
    expect(report.short).toEqual([
      "1.50 false pages a week of 10 agents, 1 asked",
      "loop: 0 of 1 told",
      "1 of 1 loops and error loops later than 10 s after the fifth repeat, or never",
    ]);
    expect(reportText(report)).toContain("slow-poison");
  });
});

describe("the watch of a fleet", () => {
  /** Says once a minute that a tool named `alarm` was used, as its details have it. */
  const alarm: Detector = {
    name: "alarm",
    summary: "Says what it is told to.",
    page: { ready: "", quieter: "" },
    stateVersion: 1,
    create: () => ({ save: () => null }),
    load: () => ({ save: () => null }),
    onEvent(_state, { tool, judged_at: at, target }, view) {
      if (tool !== "alarm") return [];
      const severity = target === "info" ? "info" : "warning";
      const words = { reason: "told", title: "alarm", facts: [], why: "", endReason: "quiet" };
      return [
        makeFinding(view, {
          detector: "alarm",
          subject: "",
          severity,
          window: { from: at, to: at },
          unit: "calls",
          observed: at,
          ...words,
          quietAfterMs: 600_000,
        }),
      ];
    },
  };

  it("pages when an incident opens, rises from information, or comes back, and not while it lasts", async () => {
    const moments: [minute: number, severity: string][] = [
      [0, "info"],
      [5, "warning"],
      [8, "warning"],
      [60, "warning"],
      [61, "warning"],
    ];
    const lines = moments.map(([minute, target]): Line => {
      const at = WATCH + minute * 60_000;
      return { at, agent: "a", fields: { timestamp: new Date(at).toISOString(), agent: "a", action: "alarm", target } };
    });
    const { pages, notes, events } = await watchFleet({ lines, config: configSchema.parse({}), detectors: [alarm] });
    expect(events).toBe(5);
    expect(notes).toHaveLength(1);
    expect(pages.map(({ at, reason }) => [(at - WATCH) / 60_000, reason])).toEqual([
      [5, "raised"],
      [60, "reopened"],
    ]);
  });

  it("excuses a budget that was truly used, for its period", async () => {
    const rich = base.profiles.map((profile, index) => ({
      ...profile,
      budget: index === 0 ? 10 : undefined,
      rules: undefined,
      zone: "UTC",
    }));
    const [{ agent } = { agent: "" }] = rich;
    const limits = createLimits(rich);
    const lines = [3, 5].map((cost, index): Line => {
      const at = WATCH + index * HOUR_MS;
      return { at, agent, fields: { timestamp: new Date(at).toISOString(), agent, api: "openai", cost } };
    });
    const watched = await watchFleet({ lines, config: configFor(rich, 1), detectors: [], onEvent: limits.take });
    expect(watched.events).toBe(2);
    expect([WATCH, WATCH + HOUR_MS, WATCH + 2 * DAY_MS].map((at) => limits.wasUsed(agent, at))).toEqual([
      false,
      true,
      false,
    ]);
  });
});
