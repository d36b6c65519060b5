/** The ledger of evaluations: that a rule looked at a stretch of time, how well, and when. */

/** `missed`: records of it were gone before they were read. `late`: decided over ten minutes after it could have been. */
export type JudgementStatus = "judged" | "late" | "failed" | "missed";

/** One rule over one window of one partition, counted by the partition's own clock. */
export interface Judgement {
  readonly partition: number;
  /** Name of the detector; `*`: every one. */
  readonly rule: string;
  /** Whole UTC hours, Unix milliseconds; more than one where nothing came for long. */
  readonly from: number;
  readonly to: number;
  /** Events that it was shown; of what is missed, records. */
  readonly events: number;
  readonly findings: number;
  /** Times it threw. */
  readonly failures: number;
  /** The moment of the record that closed the window. */
  readonly at: number;
  readonly isMissed?: true;
  /** Of events that came late. */
  readonly isLate?: true;
}

/** A record of topic `agent-findings`; of several about the same window the one that was judged first stands. */
export interface JudgementRecord extends Omit<Judgement, "isMissed" | "isLate"> {
  readonly type: "judgement";
  readonly status: JudgementStatus;
  /** By the watch's wall clock. */
  readonly judged_at: number;
}
