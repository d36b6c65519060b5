import { describe, expect, it } from "vitest";
import { halves } from "./run.ts";
import { bestThreshold, type Judged, type Profile, scaledSigmoid, scoreAt } from "./score.ts";

const STANDARD: Profile = { tpWeight: 1, fpWeight: 0.11, fnWeight: 1 };
const LOW_FP: Profile = { ...STANDARD, fpWeight: 0.22 };
const LOW_FN: Profile = { ...STANDARD, fnWeight: 2 };

const WINDOWS = new Map<number, (readonly [number, number])[]>([
  [
    400,
    [
      [100, 139],
      [250, 289],
    ],
  ],
  [
    230,
    [
      [20, 60],
      [150, 170],
    ],
  ],
  [120, []],
]);
const FILES: Judged[] = [...WINDOWS].map(([rows, windows]) => ({
  series: { times: Array.from({ length: rows }, (_, row) => row), windows },
  scores: Array.from({ length: rows }, (_, row) => (((row * 7919 + rows * 31) % 1009) % 97) / 97),
}));

/** Of the same files, by an independent scorer of the benchmark's rules. */
const GOLDEN: [string, Profile, number | undefined, number, number, number, number][] = [
  ["standard, tuned", STANDARD, undefined, 63.64853674487239, 4, 24, 24],
  ["low FP, tuned", LOW_FP, undefined, 41.021519032543516, 3, 9, 9],
  ["low FN, tuned", LOW_FN, undefined, 75.76569116324826, 4, 24, 24],
  ["standard at 0.5", STANDARD, 0.5, -215.39155974404966, 4, 246, 204],
  ["low FP at 0.5", LOW_FP, 0.5, -529.8390350174863, 4, 246, 204],
  ["low FN at 0.5", LOW_FN, 0.5, -110.26103982936644, 4, 246, 204],
  ["standard at 0.95", STANDARD, 0.95, 38.90796299891689, 3, 20, 20],
];

describe("the scoring of NAB", () => {
  it.each(GOLDEN)("agrees with another scorer: %s", (_, profile, at, score, found, falseRows, falseBursts) => {
    const outcome = scoreAt(FILES, profile, at ?? bestThreshold(FILES, profile));
    expect(outcome.score).toBeCloseTo(score, 9);
    expect(outcome).toMatchObject({ windows: 4, found, falseRows, falseBursts, cleanRows: 510 });
  });

  it("has the sigmoid of the paper", () => {
    expect(scaledSigmoid(-1)).toBeCloseTo(0.98661, 5);
    expect(scaledSigmoid(-0.5)).toBeCloseTo(0.84828, 5);
    expect([scaledSigmoid(0), scaledSigmoid(3)]).toEqual([0, -1]);
  });

  it("gives 0 to silence and about 100 to every window found at its beginning", () => {
    const silent = FILES.map((file) => ({ ...file, scores: file.scores.map(() => 0) }));
    expect(scoreAt(silent, STANDARD, 0.5).score).toBe(0);
    const late = [{ series: { times: FILES[0]?.series.times ?? [], windows: [[100, 139] as const] } }];
    const perfect = late.map(({ series }) => ({ series, scores: series.times.map((at) => (at === 100 ? 1 : 0)) }));
    expect(scoreAt(perfect, STANDARD, 0.5).score).toBeCloseTo(100, 6);
  });
});

describe("the halves of a corpus", () => {
  it("depend on names alone and hold all", () => {
    const files = ["a/x.csv", "a/y.csv", "b/z.csv", "b/w.csv", "c/v.csv"].map((name) => ({ name }));
    const [design, aside] = halves(files);
    expect([design.length, aside.length]).toEqual([3, 2]);
    expect(halves([...files].reverse())).toEqual([design, aside]);
    expect(new Set([...design, ...aside])).toEqual(new Set(files));
  });
});
