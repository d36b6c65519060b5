/** From which score on something pages, as the fleet's own past says, or by default. */
import type { CalibratedScore, CalibrationRecord } from "../../schemas/calibration.ts";

/** Scores from which on something is noted for the digest, and from which on it pages. */
export interface Threshold {
  readonly note: number;
  readonly page: number;
}

export type Thresholds = Readonly<Record<CalibratedScore, Threshold>>;

/**
 * Before the first calibration: of amounts one window in 300,000 pages, one in 30,000 is noted; of evidence one call in
 * 30,000 at the most begins what pages, one in 8,000 what is noted.
 */
export const DEFAULT_THRESHOLDS: Thresholds = { amounts: { note: 4.5, page: 5.5 }, evidence: { note: 3.9, page: 4.5 } };

/** The thresholds of a record; the default where it says nothing of a score. */
export function thresholdsOf(record: CalibrationRecord | undefined): Thresholds {
  const of = (name: CalibratedScore): Threshold => {
    const found = record?.thresholds.find(({ score }) => score === name);
    return found === undefined ? DEFAULT_THRESHOLDS[name] : { note: found.note, page: found.page };
  };
  return { amounts: of("amounts"), evidence: of("evidence") };
}
