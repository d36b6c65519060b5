import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createSeriesState,
  type SeriesOptions,
  type SeriesScore,
  type SeriesState,
  scoreRow,
} from "../../../detectors/series/series-scorer.ts";
import { random } from "../fleet.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 2, 2);
const STEP = 5 * MINUTE;

type Shape = (at: number, row: number, noise: () => number) => number;

/** Sum of twelve uniform numbers, about normal. */
const bell = (noise: () => number): number => Array.from({ length: 12 }, noise).reduce((a, b) => a + b, -6);

const hourOfDay = (at: number): number => (at % (24 * HOUR)) / HOUR;
const steady: Shape = (_, __, noise) => 100 + 5 * bell(noise);
const office: Shape = (at, _, noise) => (hourOfDay(at) >= 9 && hourOfDay(at) < 17 ? 80 : 10) * (1 + 0.1 * bell(noise));
/** Money: most is little, some is much. */
const heavy: Shape = (_, __, noise) => Math.exp(1.2 * bell(noise));

function values(shape: Shape, rows: number, seed = 1): number[] {
  const noise = random(seed);
  return Array.from({ length: rows }, (_, row) => shape(START + row * STEP, row, noise));
}

function run(series: readonly number[], options: SeriesOptions = {}, state = createSeriesState()): SeriesScore[] {
  const before = state.rows;
  return series.map((value, index) => scoreRow(state, START + (before + index) * STEP, value, options));
}

const flaggedRows = (scores: readonly SeriesScore[]): number[] =>
  scores.flatMap(({ flagged }, row) => (flagged ? [row] : []));

const with_ = (series: readonly number[], from: number, to: number, change: (value: number) => number): number[] =>
  series.map((value, row) => (row >= from && row < to ? change(value) : value));

describe("a series is quiet", () => {
  it.each([0, 45, -3, 1e-9, 1e12])("that is always %d", (value) => {
    expect(flaggedRows(run(new Array(3000).fill(value), { warmUp: 0 }))).toEqual([]);
  });

  it("that is empty, has one row, or is short", () => {
    expect(run([])).toEqual([]);
    expect(flaggedRows(run([7], { warmUp: 0 }))).toEqual([]);
    for (const shape of [steady, office, heavy]) expect(flaggedRows(run(values(shape, 40), { warmUp: 0 }))).toEqual([]);
  });

  it("within what was asked for, whatever its noise", () => {
    for (const shape of [steady, office, heavy]) {
      const bursts = [1, 2, 3, 4, 5].map((seed) => flaggedRows(run(values(shape, 8000, seed))).length);
      expect(bursts.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual((5 * 8000) / 1000);
    }
  });
});

describe("a series is flagged", () => {
  it("at a spike, once", () => {
    const found = flaggedRows(run(with_(values(steady, 4000), 3000, 3004, (value) => value + 80)));
    expect(found.filter((row) => row >= 3000 && row < 3200)).toEqual([3000]);
  });

  it("again, though not each time, when it comes back every few hours", () => {
    const back = (value: number, row: number): number => (row >= 3000 && row % 60 < 3 ? value + 80 : value);
    const found = flaggedRows(run(values(steady, 3576).map(back))).filter((row) => row >= 3000);
    expect(found.some((row) => row > 3144)).toBe(true);
    expect(found.length).toBeLessThanOrEqual(5);
  });

  it("at a level that shifts, once, and then it is the new level", () => {
    const shifted = with_(values(steady, 9000), 3000, 9000, (value) => value + 40);
    const found = flaggedRows(run(shifted)).filter((row) => row >= 3000);
    expect(found[0]).toBe(3000);
    expect(found.length).toBeLessThanOrEqual(3);
    expect(run(shifted)[8999]?.expected).toBeGreaterThan(130);
  });

  it("at a small shift that lasts, though no row of it is unusual", () => {
    const found = flaggedRows(run(with_(values(steady, 4000), 3000, 3100, (value) => value + 12)));
    expect(found.some((row) => row >= 3000 && row < 3100)).toBe(true);
  });

  it("when a day's work does not come, at an hour that always had it", () => {
    const missing = with_(values(office, 288 * 14), 288 * 12 + 9 * 12, 288 * 12 + 17 * 12, (value) => value / 8);
    const found = flaggedRows(run(missing)).filter((row) => row >= 288 * 12);
    expect(found[0]).toBeLessThan(288 * 12 + 11 * 12);
  });

  it("when a flat line moves", () => {
    const moved = [...new Array<number>(2000).fill(45), 90];
    expect(flaggedRows(run(moved))).toEqual([2000]);
  });

  it("not below the floor that somebody set", () => {
    const spiked = with_(values(steady, 4000), 3000, 3001, (value) => value + 80);
    expect(flaggedRows(run(spiked, { minExcess: 200 }))).toEqual([]);
  });

  it("again when what was flagged returns after days: it was not learned", () => {
    const twice = with_(values(steady, 6000), 3000, 3003, (value) => value + 80);
    const found = flaggedRows(run(with_(twice, 5000, 5003, (value) => value + 80)));
    expect(found.some((row) => row >= 5000 && row < 5003)).toBe(true);
  });
});

describe("a series that began badly", () => {
  it("is not blind to what is smaller than its first incident", () => {
    const early = with_(values(steady, 4000), 300, 303, (value) => value + 400);
    const found = flaggedRows(run(with_(early, 3000, 3003, (value) => value + 60)));
    expect(found.some((row) => row >= 3000 && row < 3003)).toBe(true);
  });

  it("is not told each day of what comes each day, however great", () => {
    const daily = values(steady, 288 * 21).map((value, row) => (row % 288 === 100 ? value + 400 : value));
    const days = flaggedRows(run(daily)).map((row) => Math.floor(row / 288));
    expect(days.filter((day) => day >= 14)).toEqual([]);
  });
});

describe("scores", () => {
  const shapes = fc.constantFrom(steady, office, heavy);
  const runs = { numRuns: 20 };

  it("do not change with the unit", () => {
    fc.assert(
      fc.property(shapes, fc.nat(1000), fc.double({ min: 1e-6, max: 1e6, noNaN: true }), (shape, seed, factor) => {
        const series = with_(values(shape, 1500, seed), 1200, 1210, (value) => value * 9);
        const plain = run(series);
        run(series.map((value) => value * factor)).forEach(({ score }, row) => {
          expect(Math.abs(score - (plain[row] as SeriesScore).score)).toBeLessThan(1e-6);
        });
      }),
      runs,
    );
  });

  it("do not change with batches and restarts: state is plain data", () => {
    fc.assert(
      fc.property(shapes, fc.nat(1000), fc.integer({ min: 0, max: 1500 }), (shape, seed, at) => {
        const series = with_(values(shape, 1500, seed), 1200, 1210, (value) => value * 9);
        const state = createSeriesState();
        const first = run(series.slice(0, at), {}, state);
        const stored = JSON.parse(JSON.stringify(state)) as SeriesState;
        expect([...first, ...run(series.slice(at), {}, stored)]).toEqual(run(series));
      }),
      runs,
    );
  });

  it("are between 0 and 1, and flagged from one half on, whatever comes", () => {
    const wild = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e150, max: 1e150 }), {
      maxLength: 400,
    });
    fc.assert(
      fc.property(wild, (series) => {
        for (const { score, flagged, expected } of run(series, { warmUp: 20 })) {
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(1);
          expect(flagged).toBe(score >= 0.5);
          expect(Number.isFinite(expected)).toBe(true);
        }
      }),
    );
  });

  it("need a state of at most 12 KB", () => {
    const state = createSeriesState();
    run(values(heavy, 20_000), {}, state);
    expect(JSON.stringify(state).length).toBeLessThan(12 * 1024);
  });
});
