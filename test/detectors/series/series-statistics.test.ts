import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createSpread, deviation, learnSpread } from "../../../detectors/series/spread.ts";
import { createTailRate, learnTail, paretoBeyond, paretoShape, tailRate } from "../../../detectors/series/tail-rate.ts";

interface Golden {
  readonly shapes: { sample: number[]; shape: number }[];
  readonly beyond: { excess: number; shape: number; scale: number; share: number }[];
  readonly spread: { levels: number[]; misses: number[]; line: { level: number; miss: number }[] };
}

const golden = JSON.parse(
  readFileSync(new URL("../../golden/series-statistics.json", import.meta.url), "utf8"),
) as Golden;

describe("statistics of series agree with SciPy", () => {
  it.each(golden.shapes)("shape of a tail by L-moments: $shape", ({ sample, shape }) => {
    expect(paretoShape([...sample].sort((a, b) => b - a))).toBeCloseTo(shape, 10);
  });

  it.each(golden.beyond)("share beyond $excess at shape $shape, scale $scale", ({ excess, shape, scale, share }) => {
    const relative = paretoBeyond(excess, shape, scale) / share - 1;
    expect(Math.abs(relative)).toBeLessThan(1e-9);
  });

  it.each(golden.spread.line)("line through misses, at level $level", ({ level, miss }) => {
    const { levels, misses } = golden.spread;
    const spread = createSpread();
    levels.forEach((at, index) => {
      learnSpread(spread, at, misses[index] as number);
    });
    expect(deviation(spread, level, 0)).toBeCloseTo(Math.sqrt(Math.PI / 2) * miss, 10);
  });
});

describe("the tail of a series", () => {
  it("counts a burst once, however many rows it has", () => {
    const tail = createTailRate();
    for (let row = 0; row < 1000; row++) learnTail(tail, row % 100 < 5 ? 1 + row / 1000 : -1);
    expect(tail.peaks).toHaveLength(10);
  });

  it("counts one that does not end again and again, so that it becomes known", () => {
    const tail = createTailRate();
    for (let row = 0; row < 720; row++) learnTail(tail, 2);
    expect(tail.peaks.length).toBeGreaterThanOrEqual(9);
  });

  it("falls with the value, from 1 in the bulk, and knows more the longer nothing came", () => {
    const tail = createTailRate();
    for (let row = 0; row < 4000; row++) learnTail(tail, row % 40 === 0 ? 1 + ((row * 7919) % 1000) / 500 : -1);
    const rates = [0, 1, 2, 3, 4, 6, 10].map((value) => tailRate(tail, value));
    expect(rates[0]).toBe(1);
    for (let index = 1; index < rates.length; index++) {
      expect(rates[index]).toBeLessThanOrEqual(rates[index - 1] as number);
    }
    const [early, late] = [createTailRate(), createTailRate()];
    for (let row = 0; row < 100; row++) learnTail(early, -1);
    for (let row = 0; row < 10_000; row++) learnTail(late, -1);
    expect(tailRate(late, 5)).toBeLessThan(tailRate(early, 5));
  });
});
