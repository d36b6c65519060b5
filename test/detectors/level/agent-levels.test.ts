import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LEVEL_REASONS } from "../../../detectors/level/statement.ts";
import type { Finding } from "../../../schemas/finding.ts";
import { aroundTheClock, officeHours, type Rhythm } from "../fleet.ts";
import { pagesOf, START, weeksOf } from "./weeks.ts";

const office: Rhythm = { agent: "a", zone: "UTC", tools: { search: 20, mail: 8 }, share: officeHours };
const clock: Rhythm = { agent: "a", zone: "UTC", tools: { search: 10, mail: 4 }, share: aroundTheClock };

const ofLevels = (findings: readonly Finding[]): Finding[] =>
  findings.filter(({ reason }) => LEVEL_REASONS.includes(reason));

describe("a level that lasts", () => {
  it.each([
    ["an agent of office hours", office],
    ["one that never rests", clock],
  ])("is said once and adopted: %s makes twice as many calls from a Tuesday on", (_, rhythm) => {
    const weeks = weeksOf(rhythm);
    expect(weeks.until(22)).toEqual([]);
    const findings = weeks.until(37, () => 2);
    expect(pagesOf(findings)).toEqual([]);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ detector: "tool-frequency", severity: "info", reason: "new_level" });
    expect(findings[0]?.title).toMatch(/^new level of calls: about [\d,]+ calls a day instead of [\d,]+$/);
    expect(findings[0]?.at).toBeLessThan(START + 28 * 86_400_000);
    const calls = weeks.learned()?.series.find(({ series }) => series === "calls");
    const peak = Math.max(...(calls?.expected ?? []));
    expect(peak).toBeGreaterThan(rhythm === office ? 45 : 24);
  });

  it("pages on the first day and not on the next ones, over a weekend and until it is adopted", () => {
    const weeks = weeksOf(office, 2);
    weeks.until(22);
    const findings = weeks.until(50, (day) => (day >= 22 + 10 / 24 ? 5 : 1));
    const days = new Set(pagesOf(findings).map(({ at }) => Math.floor((at - START) / 86_400_000)));
    expect([...days]).toEqual([22]);
    expect(ofLevels(findings)).toHaveLength(1);
    expect(findings.filter(({ at }) => at > START + 36 * 86_400_000)).toEqual([]);
  });

  it("is none when it lasts a day: it is paged again when it comes back after a normal day", () => {
    const weeks = weeksOf(clock, 3);
    weeks.until(22);
    const burst = (day: number): number => ([22, 25].includes(Math.floor(day)) ? 6 : 1);
    const findings = weeks.until(30, burst);
    const days = pagesOf(findings).map(({ at }) => Math.floor((at - START) / 86_400_000));
    expect([...new Set(days)]).toEqual([22, 25]);
    expect(ofLevels(findings)).toEqual([]);
  });
});

describe("growth of a few percent a day", () => {
  it.each([2, 3, 4, 5])("is told once for every doubling, at %i percent", (percent) => {
    const weeks = weeksOf(clock, percent);
    weeks.until(15);
    const growth = 1 + percent / 100;
    const doubled = 15 + Math.log(2) / Math.log(growth);
    const findings = weeks.until(Math.ceil(doubled + 14), (day) => growth ** Math.max(0, day - 15));
    const pages = pagesOf(findings);
    expect(pages).toHaveLength(1);
    expect(pages[0]).toMatchObject({ reason: "grown", severity: "warning" });
    expect(pages[0]?.at).toBeGreaterThan(START + (doubled - 3) * 86_400_000);
  });

  it("names the tool that grows where all else stays", () => {
    const weeks = weeksOf({ ...clock, tools: { search: 10 } }, 9);
    weeks.until(15);
    expect(pagesOf(weeks.until(50, (day) => 1.03 ** Math.max(0, day - 15)))[0]?.subject).toBe("level of search");
  });
});

describe("quiet weeks", () => {
  it("a week off is no level, nor is the return from it, and what is usual stays", () => {
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.integer({ min: 15, max: 30 }),
        fc.constantFrom(0, 0.3, 0.6),
        fc.boolean(),
        (seed, off, share, isOffice) => {
          const rhythm = isOffice ? office : clock;
          const weeks = weeksOf(rhythm, seed);
          const findings = weeks.until(off + 28, (day) => (day >= off && day < off + 7 ? share : 1));
          expect(findings).toEqual([]);
        },
      ),
      { numRuns: 4 },
    );
  });
});
