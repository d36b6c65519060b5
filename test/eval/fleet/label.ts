/** What was done to a fleet, so that it is known what should have been told. */

/** Kinds of incidents, after the table of what can go wrong with an agent. */
export const INCIDENT_TYPES = [
  "loop",
  "error-loop",
  "error-share",
  "spend",
  "tool-frequency",
  "off-hours",
  "outbound",
  "exfiltration",
  "injection",
  "novelty",
  "policy",
  "secret-leak",
  "resource",
  "silence",
  "budget",
  "price-coverage",
  "integrity",
  "slow-poison",
] as const;

export type IncidentType = (typeof INCIDENT_TYPES)[number];

/** Times the usual amount, where a size makes sense. */
export const MAGNITUDES: readonly number[] = [1.2, 1.5, 2, 3, 5, 10, 20];

/** Detectors whose business it is; who else tells of it in time has told of it too. */
export const DETECTORS_OF: Readonly<Record<IncidentType, readonly string[]>> = {
  loop: ["loop", "tool-frequency"],
  "error-loop": ["error-loop", "loop"],
  "error-share": ["error-loop"],
  spend: ["spend", "budget", "tool-frequency"],
  "tool-frequency": ["tool-frequency", "loop"],
  "off-hours": ["off-hours"],
  outbound: ["outbound"],
  exfiltration: ["outbound", "novelty"],
  injection: ["novelty", "outbound"],
  novelty: ["novelty"],
  policy: ["policy", "budget"],
  "secret-leak": ["secret-leak"],
  resource: ["resource"],
  silence: ["silence"],
  budget: ["budget"],
  "price-coverage": ["price-coverage"],
  integrity: ["integrity"],
  "slow-poison": ["tool-frequency", "spend"],
};

/** Told as a note by design: somebody should know, nobody should wake. A page tells of it too. */
export const TOLD_AS_NOTE: ReadonlySet<IncidentType> = new Set(["price-coverage"]);

export interface Label {
  /** Unique within its fleet. */
  readonly id: string;
  readonly agent: string;
  readonly type: IncidentType;
  /** How it was done, such as `cycle` or `raw-address`. */
  readonly variant: string;
  /** Unix milliseconds. */
  readonly from: number;
  readonly to: number;
  /** From when on the time to detect counts: of loops the fifth repeat, else `from`. */
  readonly countsFrom: number;
  readonly magnitude: number | null;
  /** The usual amount in the window, in calls or what the magnitude multiplies; null without a magnitude. */
  readonly normal: number | null;
  /** 0 the first time; 1 when the same comes again. */
  readonly returns: number;
}
