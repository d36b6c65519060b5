import { describe, expect, it } from "vitest";
import { likePattern } from "../../dashboards/review/budget-use.ts";
import { choosePeriod } from "../../dashboards/review/period.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const iso = (ms: number) => new Date(ms).toISOString();

describe("the time of a review", () => {
  it("is the running week of the configured zone unless said otherwise", () => {
    const { name, from, to } = choosePeriod({}, "Europe/Berlin", NOW);
    expect([name, iso(from), iso(to)]).toEqual(["2026-W47", "2026-11-15T23:00:00.000Z", "2026-11-22T23:00:00.000Z"]);
  });

  it("is a named week, the last one, a named month, or the last one", () => {
    expect(choosePeriod({ week: "2026-W53" }, "UTC", NOW)).toMatchObject({
      name: "2026-W53",
      from: Date.parse("2026-12-28"),
    });
    expect(choosePeriod({ week: "last" }, "UTC", NOW).name).toBe("2026-W46");
    expect(choosePeriod({ month: "2026-11" }, "UTC", NOW)).toMatchObject({
      name: "2026-11",
      to: Date.parse("2026-12-01"),
    });
    expect(choosePeriod({ month: "last" }, "UTC", Date.parse("2026-03-31")).name).toBe("2026-02");
  });

  it("has an hour less when clocks go forward", () => {
    const { from, to } = choosePeriod({ week: "2026-W13" }, "Europe/Berlin", NOW);
    expect((to - from) / 3_600_000).toBe(7 * 24 - 1);
  });

  it.each([
    { week: "2026-47" },
    { week: "2026-W60" },
    { month: "2026-13" },
    { month: "November" },
    { week: "x", month: "y" },
  ])("refuses %j", (choice) => {
    expect(() => choosePeriod(choice, "UTC", NOW)).toThrow(
      expect.objectContaining({ code: "invalid_period", exitCode: 2 }),
    );
  });
});

describe("a budget's tool", () => {
  it("matches as it does in the watch: only the star is special", () => {
    expect(likePattern("read_*")).toBe("read\\_%");
    expect(likePattern("100%*")).toBe("100\\%%");
  });
});
