/** How improbable something must be before it pages: what `alerts.falseAlarmsPerWeek` comes to for this fleet. */

/**
 * Kinds of scores that are calibrated. `amounts`: against a baseline, of tool-frequency and spend together. `evidence`: a
 * likelihood ratio that adds up from call to call, of the share of failures and of resources each.
 */
export type CalibratedScore = "amounts" | "evidence";

/** The thresholds, and what they follow from. */
export interface CalibratedThreshold {
  readonly score: CalibratedScore;
  /** Score from which on it pages: −log10 of a tail probability, or log10 of a likelihood ratio. */
  readonly page: number;
  /** Score from which on it is noted for the digest. */
  readonly note: number;
  /** False pages a week that these scores may cost: their share of what is asked. */
  readonly asked: number;
  /** Exceedances of `page` a week that the tail lets expect over the whole fleet. At most `asked`. */
  readonly expected: number;
  /** Notes a week, likewise. */
  readonly notes: number;
  /** What was scored: quiet windows of an hour, or calls; of how many series of how many agents, over how many weeks. */
  readonly windows: number;
  readonly series: number;
  readonly agents: number;
  readonly weeks: number;
  /** Absent for `evidence`, whose threshold is a bound. */
  readonly tail?: {
    /** The tail begins at `from`; so many separate peaks lie beyond it. Generalised Pareto, its shape and scale. */
    readonly from: number;
    readonly peaks: number;
    readonly shape: number;
    readonly scale: number;
  };
}

/** Thresholds of the whole fleet, appended to every partition when learning ran. */
export interface CalibrationRecord {
  readonly type: "calibration";
  /** Unix milliseconds: the moment up to which was learned. */
  readonly at: number;
  /** `alerts.falseAlarmsPerWeek`. */
  readonly asked: number;
  readonly thresholds: readonly CalibratedThreshold[];
}
