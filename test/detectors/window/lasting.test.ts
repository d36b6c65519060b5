import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SeriesExpectation } from "../../../detectors/baseline/expectations.ts";
import { HOUR_MS } from "../../../detectors/time/zones.ts";
import { gainOf } from "../../../detectors/window/hour-evidence.ts";
import { type Lasting, LastingExcess } from "../../../detectors/window/lasting.ts";

const START = Date.UTC(2026, 5, 1, 0);
/** Nats: about one in 400,000 hours. */
const RARITY = 13;

/** So many calls are expected by hour of the day, in steps of this unit. */
function usual(ofHour: (hour: number) => number, unit = 3, dispersion = 0.03): SeriesExpectation {
  const hourAt = (at: number): number => ofHour(Math.floor((at - START) / HOUR_MS) % 24);
  const between = (from: number, to: number): number => (hourAt(from) * (to - from)) / HOUR_MS;
  const greatest = (from: number, to: number): number => {
    const hours = Array.from({ length: Math.ceil((to - from) / HOUR_MS) }, (_, hour) => hourAt(from + hour * HOUR_MS));
    return Math.max(0, ...hours);
  };
  const covers = (): boolean => true;
  return { ready: true, days: 28, needed: 7, unit, dispersion, covers, between, greatest, hourAt, peak: 0 };
}

/** What was found in hours with so many calls each, from hour `first` on. */
function past(lasting: LastingExcess, hours: readonly number[], series: SeriesExpectation, first = 0): Lasting[] {
  const found: Lasting[] = [];
  hours.forEach((calls, hour) => {
    const at = START + (first + hour) * HOUR_MS;
    for (let n = 0; n < calls; n++) {
      const one = lasting.add(1, 1, at + Math.floor(((n + 0.5) / calls) * HOUR_MS), series, RARITY);
      if (one !== undefined) found.push(one);
    }
    lasting.settle(at + HOUR_MS, () => series, RARITY);
  });
  return found;
}

const golden = JSON.parse(readFileSync(new URL("../../golden/tail-probabilities.json", import.meta.url), "utf8")) as {
  readonly gains: { count: number; mean: number; dispersion: number; gain: number }[];
};

const days = (count: number, calls: number): number[] => new Array<number>(24 * count).fill(calls);
const even = usual(() => 10);

describe("more than usual for hours on end", () => {
  it("is found at three times, which no hour shows for certain, and names all of its hours", () => {
    const lasting = new LastingExcess();
    expect(past(lasting, days(14, 10), even)).toEqual([]);
    const [first] = past(lasting, days(1, 30), even, 14 * 24);
    expect(first).toMatchObject({ from: START + 14 * 24 * HOUR_MS });
    expect((first as Lasting).observed / (first as Lasting).expected).toBeGreaterThan(2.6);
  });

  it("is not found at half as much again, nor in one wild hour, nor in one on each of several days", () => {
    expect(past(new LastingExcess(), days(10, 15), even)).toEqual([]);
    const wild = days(5, 10).map((calls, hour) => (hour % 24 === 9 ? 400 : calls));
    expect(past(new LastingExcess(), wild, even)).toEqual([]);
  });

  it("is not found where a nightly job runs an hour late from some day on", () => {
    const nightly = usual((hour) => (hour === 2 ? 100 : 0), 4);
    const late = days(6, 0).map((_, hour) => (hour % 24 === 3 ? 100 : 0));
    expect(past(new LastingExcess(), late, nightly)).toEqual([]);
  });

  it("takes more of one that has such hours now and then", () => {
    const now = [30, 30, 30];
    const calm = new LastingExcess();
    past(calm, days(14, 10), even);
    const moody = new LastingExcess();
    for (let day = 0; day < 14; day++) past(moody, [...now, ...days(1, 8).slice(3)], even, 24 * day);
    const hours = (lasting: LastingExcess): number => {
      const [first] = past(lasting, days(2, 30), even, 14 * 24);
      return first === undefined ? Number.POSITIVE_INFINITY : first.observed / 30;
    };
    expect(hours(moody)).toBeGreaterThan(hours(calm));
  });

  it("is the same when it was saved and read back at any hour", () => {
    const hours = [...days(2, 10), ...days(1, 28)];
    const whole = new LastingExcess();
    const found = past(whole, hours, even);
    let saved = new LastingExcess();
    const again = hours.flatMap((calls, hour) => {
      saved = new LastingExcess(JSON.parse(JSON.stringify(saved.save())));
      return past(saved, [calls], even, hour);
    });
    expect(again).toEqual(found);
    expect(saved.save()).toEqual(whole.save());
  });
});

describe("the evidence of an hour", () => {
  it("is against three times as much where the usual is seen, and for it where that is seen", () => {
    const mean = fc.double({ min: 0.1, max: 200, noNaN: true });
    const dispersion = fc.double({ min: 0.01, max: 3, noNaN: true });
    fc.assert(
      fc.property(mean, dispersion, (m, d) => {
        expect(gainOf(m, m, d)).toBeLessThan(0);
        expect(gainOf(3 * m, m, d)).toBeGreaterThan(0);
      }),
    );
  });

  it.each(golden.gains)("agrees with SciPy: $count at mean $mean, dispersion $dispersion", (row) => {
    expect(gainOf(row.count, row.mean, row.dispersion)).toBeCloseTo(row.gain, 9);
  });
});
