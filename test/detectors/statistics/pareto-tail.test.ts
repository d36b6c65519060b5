import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  excessBeyond,
  fitTail,
  pickandsShape,
  scaleOfMedian,
  shareBeyond,
} from "../../../detectors/statistics/pareto-tail.ts";

interface Golden {
  readonly quartiles: { shape: number; scale: number; half: number; threeQuarters: number }[];
  readonly beyond: { shape: number; scale: number; share: number; excess: number }[];
}

const golden = JSON.parse(readFileSync(new URL("../../golden/pareto-tail.json", import.meta.url), "utf8")) as Golden;

describe("a generalised Pareto tail agrees with SciPy", () => {
  it.each(golden.quartiles)("shape $shape and scale $scale from the quartiles", (row) => {
    expect(pickandsShape(row.half, row.threeQuarters)).toBeCloseTo(row.shape, 9);
    expect(scaleOfMedian(row.half, row.shape)).toBeCloseTo(row.scale, 9);
  });

  it.each(golden.beyond)("share $share at shape $shape, scale $scale", ({ shape, scale, share, excess }) => {
    expect(excessBeyond({ shape, scale }, share)).toBeCloseTo(excess, 8);
    expect(shareBeyond({ shape, scale }, excess) / share).toBeCloseTo(1, 8);
  });
});

describe("the fit of a tail", () => {
  const sample = Array.from({ length: 400 }, (_, index) =>
    excessBeyond({ shape: 0.2, scale: 1.5 }, (index + 0.5) / 400),
  );

  it("finds the tail that a large sample came from", () => {
    const tail = fitTail(sample);
    expect(tail.shape).toBeGreaterThan(0.1);
    expect(tail.shape).toBeLessThan(0.25);
    expect(tail.scale).toBeCloseTo(1.5, 0);
  });

  it("hardly knows of a few wild values, or of the few greatest missing", () => {
    const ascending = [...sample].sort((a, b) => a - b);
    const wild = [...ascending.slice(0, -10), ...Array<number>(10).fill(500)];
    const cut = ascending.slice(0, -10);
    const wanted = excessBeyond(fitTail(sample), 0.01);
    expect(excessBeyond(fitTail(wild), 0.01)).toBeCloseTo(wanted, 9);
    expect(Math.abs(excessBeyond(fitTail(cut), 0.01) / wanted - 1)).toBeLessThan(0.15);
  });

  it("of equal values or of nothing is finite", () => {
    for (const excesses of [[0], [0, 0, 0], Array<number>(50).fill(2)]) {
      expect(Number.isFinite(excessBeyond(fitTail(excesses), 1e-6))).toBe(true);
    }
  });
});
