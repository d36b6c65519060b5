import { describe, expect, it } from "vitest";
import { pagesOf, weeksOf } from "./weeks.ts";

/** Around the clock, six calls an hour, two of them to the tool in question. */
const rhythm = { agent: "a", zone: "UTC", share: () => 1, tools: { search: 2, mail: 4 }, prices: {} };

describe("a tool used three times as often as usual", () => {
  it("is a page after some hours, though no single hour of few calls shows it", () => {
    const weeks = weeksOf(rhythm);
    expect(pagesOf(weeks.until(28))).toEqual([]);
    const pages = pagesOf(weeks.until(29, () => 3));
    expect(pages[0]).toMatchObject({
      detector: "tool-frequency",
      severity: "warning",
      why: "for hours, not in one burst",
    });
    expect(pages[0]?.facts[0]).toMatch(/^\d+ calls since \d\d:\d\d UTC$/);
    expect(new Set(pages.map(({ subject }) => subject)).size).toBe(1);
  });

  it("is learned as no habit, and told again when it comes back after quiet days", () => {
    const weeks = weeksOf(rhythm, 2);
    weeks.until(28);
    expect(pagesOf(weeks.until(29, () => 3))).not.toEqual([]);
    expect(pagesOf(weeks.until(32))).toEqual([]);
    expect(pagesOf(weeks.until(33, () => 3))).not.toEqual([]);
  });
});
