/** What is normal for one series of one agent. */

/** `calls`: all calls; `tool`: calls of one tool; `spend`: dollars; `hours`: whether it works at all. */
export type SeriesName = "calls" | "tool" | "spend" | "hours";

/** `learning`: too little history to judge by; `ready`: judged. */
export type BaselineState = "learning" | "ready";

/** Expectations of one series, an entry an hour from the baseline's `from` (48 of them). */
export interface BaselineSeries {
  readonly series: SeriesName;
  /** The tool; empty for series of the whole agent. */
  readonly subject: string;
  readonly state: BaselineState;
  /** Days of history behind it, and how many it takes to be `ready`. */
  readonly days: number;
  readonly needed: number;
  /** Expected amount of each hour (calls; dollars). */
  readonly expected: readonly number[];
  /** The same from the short history (the last 7 days): both must be far exceeded for `critical`. */
  readonly recent: readonly number[];
  /** Over-dispersion: variance = unit × expected + dispersion × expected². */
  readonly dispersion: number;
  /** Size of one step: for counts how many come at once (1: one by one), for spend what one such step costs. */
  readonly unit: number;
  /** How high it stands in all; absent where too few days were worked on, and for `hours`. */
  readonly level?: BaselineLevel;
}

/** Amounts an hour, on average over a week. */
export interface BaselineLevel {
  /** Median of the last seven days, and of the seven before. */
  readonly now: number;
  readonly earlier: number;
  /** Upper quartile of all days. */
  readonly busy: number;
  /** A level that came, stayed, and is expected from here on: since when (Unix ms), and times as much as before. */
  readonly step?: { readonly since: number; readonly times: number };
}

/** A row of table `baselines`: one hour-of-week cell of one series, as a person reads it. */
export interface BaselineRow {
  readonly agent: string;
  readonly series: SeriesName;
  readonly subject: string;
  /** Hour of the week in the agent's zone: 0 = Monday 00:00, 167 = Sunday 23:00. */
  readonly cell: number;
  readonly expected: number;
  readonly low: number;
  readonly high: number;
  /** Weeks in which this cell was seen. */
  readonly samples: number;
  readonly state: BaselineState;
  /** Unix milliseconds. */
  readonly computed_at: number;
}
