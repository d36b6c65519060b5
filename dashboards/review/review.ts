/** The review as data: the stable object that `review --format json` prints. Instants are ISO 8601, money is text. */

/** What the numbers are of. */
export interface Totals {
  readonly actions: number;
  readonly decisions: number;
  readonly apiCalls: number;
  readonly errors: number;
  /** US dollars, exact decimal, of everything that has a price. */
  readonly spend: string;
  /** Events that should have a price and have none: `spend` is blind to them. */
  readonly unpriced: number;
  /** Events that should have a price, with or without one: API calls, what names a model or tokens, what tells a cost. */
  readonly paid: number;
  /** Unpriced in percent of `paid`; null where not all of them are kept any more. */
  readonly unpricedPercent: number | null;
  readonly tokens: number;
}

/** One budget over the review's time: the period in which most of it was used. */
export interface BudgetUse {
  readonly unit: "usd" | "calls" | "tokens" | "uses";
  readonly tool: string | null;
  readonly amount: number;
  /** `amount` is the greatest of fixed tiers and no limit. */
  readonly tiersOnly: boolean;
  readonly period: "hour" | "day" | "week" | "month";
  /** In `unit`, exact decimal. */
  readonly worstUsed: string;
  readonly worstPercent: number;
  /** Start of that period. */
  readonly worstFrom: string | null;
  /** Events of that period without a price: a budget in dollars is blind to them. */
  readonly worstUnpriced: number;
  /** Periods at or over 100 %. */
  readonly periodsOver: number;
}

export interface ToolUse {
  readonly tool: string;
  readonly kind: string;
  readonly calls: number;
  readonly errors: number;
  readonly spend: string;
  readonly unpriced: number;
  /** First used within the review's time. */
  readonly isNew: boolean;
}

/** Something unusual: an incident that was open at some moment of the review's time. */
export interface UnusualThing {
  readonly incident: string;
  readonly detector: string;
  readonly subject: string;
  readonly severity: string;
  readonly state: string;
  readonly title: string;
  readonly unit: string;
  readonly observed: number;
  readonly expected: number | null;
  readonly openedAt: string;
  readonly resolvedAt: string | null;
  readonly lastedMs: number;
  /** What the agent spent in the hours it touched, and the events of them that have no price. */
  readonly spend: string;
  readonly unpriced: number;
}

export interface LearningState {
  readonly state: "learning" | "ready" | "none";
  /** Days of history, and days it takes. */
  readonly days: number;
  readonly needed: number | null;
}

export interface AgentReview {
  readonly agent: string;
  readonly team: string | null;
  readonly timezone: string;
  readonly totals: Totals;
  readonly budgets: readonly BudgetUse[];
  /** The most used first, at most ten. */
  readonly tools: readonly ToolUse[];
  /** First seen within the review's time. */
  readonly isNew: boolean;
  /** Tools first used within the review's time; empty for a new agent. */
  readonly newTools: readonly string[];
  readonly unusual: readonly UnusualThing[];
  readonly learning: LearningState;
}

/** A total that spans agents, of which something was told. */
export interface SharedReview {
  readonly scope: { readonly kind: string; readonly name: string };
  /** What `spend` and `unpriced` would say of one agent is nothing here. */
  readonly unusual: readonly UnusualThing[];
}

export interface FalseAlarms {
  /** False pages a week: `alerts.falseAlarmsPerWeek`, and those that calibrated scores are expected to cost. */
  readonly asked: number;
  readonly expected: number;
  readonly calibratedAt: string;
  /** Incidents above information that were opened in the review's time, and those that nobody judged. */
  readonly pages: number;
  readonly unjudged: number;
}

export interface Review {
  readonly period: {
    /** `2026-W47` or `2026-11`. */
    readonly name: string;
    readonly timezone: string;
    readonly from: string;
    readonly to: string;
    /** False while the period is still running. */
    readonly complete: boolean;
  };
  readonly generatedAt: string;
  readonly fleet: Totals & { readonly agents: number };
  /** The false-alarm budget against what was paged; null before the first calibration. */
  readonly falseAlarms: FalseAlarms | null;
  /** Teams, the fleet and credentials whose budgets spoke. */
  readonly shared: readonly SharedReview[];
  /** Those that need a look first. */
  readonly agents: readonly AgentReview[];
  readonly deadLetters: {
    readonly total: number;
    readonly reasons: readonly { readonly code: string; readonly count: number; readonly example: string }[];
  };
  readonly sends: {
    readonly total: number;
    readonly failures: readonly { readonly sink: string; readonly error: string; readonly count: number }[];
  };
}
