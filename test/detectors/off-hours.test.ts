import { describe, expect, it } from "vitest";
import { activityOf } from "../../detectors/learning/activity.ts";
import { HOUR_MS } from "../../detectors/time/zones.ts";
import { event, harness } from "./events.ts";
import { random } from "./fleet.ts";

/** Tuesday 2026-01-27 in Berlin. */
const day = Date.UTC(2026, 0, 26, 23);

describe("a declared calendar", () => {
  const agents = { a: { timezone: "Europe/Berlin", hours: ["Mon-Fri 08:00-19:00"] } };

  it("is obeyed from the first event, in the agent's zone", () => {
    const { take } = harness({ agents });
    expect(take(event(day + 8 * HOUR_MS))).toEqual([]);
    expect(take(event(day + 19 * HOUR_MS - 1))).toEqual([]);
    expect(take(event(day + 19 * HOUR_MS))).toMatchObject([
      {
        reason: "outside_calendar",
        title: "works outside its declared hours",
        facts: ["1 event on Tuesday at 19:00 Berlin"],
      },
    ]);
  });

  it("speaks at most once a minute, decisions included, and never for late events or history", () => {
    const { takeAll } = harness({ agents });
    const night = Array.from({ length: 600 }, (_, index) => event(day + 1000 * index, { kind: "decision" }));
    expect(takeAll(night)).toHaveLength(10);
    const { takeAll: others } = harness({ agents });
    expect(others([event(day, { clock: "late" }), event(day, { backfill: true })])).toEqual([]);
  });
});

describe("hours at which an agent never works", () => {
  const WEEKS = 4;
  const cellOf = Uint8Array.from({ length: WEEKS * 168 }, (_, index) => index % 168);
  const timeline = { start: 0, hours: cellOf.length, cellOf };
  const shareOf = (works: (cell: number, index: number) => boolean) =>
    activityOf(
      timeline,
      Float64Array.from(cellOf, (cell, index) => (works(cell, index) ? 5 : 0)),
    ).share;

  it("are the nights and weekends of an office worker, but not the edges of the day", () => {
    const share = shareOf((cell) => cell < 120 && cell % 24 >= 8 && cell % 24 < 18);
    expect(share[3]).toBe(0);
    expect(share[130]).toBe(0);
    expect([share[7], share[18], share[10]].every((value) => (value ?? 0) > 0)).toBe(true);
  });

  it("are none for one that works round the clock, or seldom and at any hour", () => {
    expect(shareOf(() => true)).not.toContain(0);
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const next = random(seed);
      for (const rate of [0.05, 0.1, 0.3]) expect(shareOf(() => next() < rate)).not.toContain(0);
    }
  });

  it("are found as a short daily gap in long days", () => {
    const share = shareOf((cell) => cell % 24 < 2 || cell % 24 > 4);
    expect(share[3]).toBe(0);
  });
});
