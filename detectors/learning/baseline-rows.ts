/** What was learned of a series as rows of table `baselines`: a row for each hour of the week, for people to read. */
import type { BaselineRow, BaselineSeries } from "../../schemas/baseline.ts";
import { CELLS, type Estimate } from "./estimate.ts";
import { short } from "./short.ts";

const BAND = 2;

/** A series of an agent's baseline, and what it was estimated from. */
export interface LearnedSeries {
  readonly one: BaselineSeries;
  readonly of: Pick<Estimate, "expected" | "samples">;
}

export function baselineRows(agent: string, { one, of }: LearnedSeries, now: number): BaselineRow[] {
  const { series, subject, state, dispersion } = one;
  const step = one.unit > 0 ? one.unit : 1;
  return Array.from({ length: CELLS }, (_, cell) => {
    const mean = (of.expected[cell] as number) / step;
    const spread = series === "hours" ? 0 : BAND * Math.sqrt(mean + dispersion * mean * mean);
    return {
      ...{ agent, series, subject, cell, state, computed_at: now },
      expected: short(mean * step),
      low: short(Math.max(0, mean - spread) * step),
      high: short((mean + spread) * step),
      samples: of.samples[cell] as number,
    };
  });
}
