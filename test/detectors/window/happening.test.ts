import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SeriesExpectation } from "../../../detectors/baseline/expectations.ts";
import { DAY_MS, HOUR_MS } from "../../../detectors/time/zones.ts";
import { Happenings } from "../../../detectors/window/happening.ts";

const START = Date.UTC(2026, 5, 1, 9);

/** So many calls are expected in every hour. */
function usual(hourly: number, dispersion = 0.05): SeriesExpectation {
  const between = (from: number, to: number): number => (hourly * (to - from)) / HOUR_MS;
  const hourAt = (): number => hourly;
  const greatest = hourAt;
  return {
    ready: true,
    days: 28,
    needed: 7,
    unit: 1,
    dispersion,
    between,
    covers: () => true,
    greatest,
    hourAt,
    peak: hourly,
  };
}

const told = { observed: 50, ratio: 5 };
const speaks = (subject: string) => {
  return [{ detector: "d", subject, severity: "warning", at: 0, quietAfterMs: 0, ratio: 5, causes: [] }] as const;
};

/** One that was told at START, then hours with so many calls of it beside those of another tool. */
function past(hours: readonly number[], hourly = 10): Happenings {
  const happenings = new Happenings();
  happenings.told("curl", told, START, false);
  hours.forEach((calls, hour) => {
    const at = START + hour * HOUR_MS + HOUR_MS / 2;
    happenings.settle(at, () => usual(hourly));
    happenings.count("other", 1);
    for (let n = 0; n < calls; n++) happenings.count("curl", 1);
  });
  happenings.settle(START + hours.length * HOUR_MS, () => usual(hourly));
  return happenings;
}

describe("what was told and goes on", () => {
  const later = START + 20 * HOUR_MS;

  it("is no news after a pause without work, and while its level stays", () => {
    expect(new Happenings().goesOn("curl", told, later, [])).toBe(false);
    expect(past([]).goesOn("curl", told, later, [])).toBe(true);
    expect(past([50, 45, 55, 40, 60]).goesOn("curl", told, later, [])).toBe(true);
  });

  it("is news when it was back to normal in between, when it is higher, and after eight days", () => {
    expect(past([10, 9, 11]).goesOn("curl", told, later, [])).toBe(false);
    expect(past([0, 0]).goesOn("curl", told, later, [])).toBe(false);
    expect(past([]).goesOn("curl", { observed: 80, ratio: 8 }, later, [])).toBe(false);
    expect(past([]).goesOn("curl", { observed: 80, ratio: 6 }, later, [])).toBe(true);
    expect(past([]).goesOn("curl", told, START + 8 * DAY_MS + 1, [])).toBe(false);
  });

  it("is one and the same while it is being told", () => {
    expect(past([]).goesOn("curl", told, START + 60_000, speaks("curl"))).toBe(false);
    expect(past([]).goesOn("curl", told, START + 60_000, speaks("wget"))).toBe(true);
  });

  it("is told of each tool by itself: what was told of another, or of all together, hides nothing", () => {
    expect(past([]).goesOn("wget", told, later, [])).toBe(false);
    const all = new Happenings();
    all.told("", told, START, false);
    expect(all.goesOn("wget", told, later, [])).toBe(false);
  });

  it("is no news of all together while that is no more than what was told of tools", () => {
    const tools = past([]);
    expect(tools.goesOn("curl", told, later, [])).toBe(true);
    expect(tools.goesOn("", { observed: 60, ratio: 2 }, later, [])).toBe(true);
    expect(tools.goesOn("", { observed: 100_000, ratio: 2 }, later, [])).toBe(false);
  });

  it("is as it should be when somebody said so, also when it was back to normal in between", () => {
    const happenings = past([10, 9, 11]);
    happenings.expected("curl", told, START);
    happenings.settle(later, () => usual(10));
    expect(happenings.goesOn("curl", told, later, [])).toBe(true);
    expect(happenings.goesOn("curl", { observed: 90, ratio: 9 }, later, [])).toBe(false);
  });

  it("is the same after a restart at any hour, and bounded", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60), { maxLength: 12 }), fc.integer({ min: 1, max: 40 }), (hours, ratio) => {
        const first = past(hours);
        const again = new Happenings(JSON.parse(JSON.stringify(first.save())));
        const excess = { observed: 10 * ratio, ratio };
        expect(again.goesOn("curl", excess, later, [])).toBe(first.goesOn("curl", excess, later, []));
        for (let n = 0; n < 50; n++) again.told(`tool ${n}`, told, later, false);
        expect(JSON.stringify(again.save()).length).toBeLessThan(2000);
      }),
    );
  });
});
