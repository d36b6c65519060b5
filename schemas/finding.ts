/** What a detector says about one window of one subject. */
import type { Position } from "./journal.ts";
import type { Scope } from "./scope.ts";

export type Severity = "info" | "warning" | "critical";
export const SEVERITY_RANK: Record<Severity, number> = { info: 0, warning: 1, critical: 2 };

/** `nats`: weight of evidence, natural logarithm of a likelihood ratio. */
export type Unit = "usd" | "calls" | "tokens" | "uses" | "repeats" | "records" | "ms" | "percent" | "bytes" | "nats";

/** One of the events behind a finding, cut to what a message shows. */
export interface EventRef {
  readonly id: string;
  readonly at: number;
  readonly kind: string;
  readonly tool: string;
  /** Endpoint, target or a short cut of the details; text of the agent, to be escaped. */
  readonly note: string;
  /** Dollars, exact decimal; absent when unknown. */
  readonly cost?: string;
}

export interface Contributor {
  readonly name: string;
  readonly observed: number;
  readonly expected: number | null;
}

export interface Finding {
  /** Deterministic: detector, scope, subject and journal position; a replay makes the same. */
  readonly id: string;
  readonly detector: string;
  readonly scope: Scope;
  /** Empty where the scope is not one agent. */
  readonly agent: string;
  /** What of the agent: a budget's key, a tool, a call; empty for the whole agent. */
  readonly subject: string;
  /** A stable name of the episode where the detector knows one (a budget's period, "2026-01-27"); else null. */
  readonly episode: string | null;
  readonly severity: Severity;
  /** Grows within an episode: 70, 90, 100 for budgets; else 0. A greater step speaks again. */
  readonly step: number;
  /** The watch's clock at the deciding record, Unix milliseconds. */
  readonly at: number;
  readonly position: Position;
  readonly window: { readonly from: number; readonly to: number };
  readonly unit: Unit;
  readonly observed: number;
  readonly expected: number | null;
  /** The band of what is normal; null where there is none (budgets). */
  readonly low: number | null;
  readonly high: number | null;
  /** −log10 of the tail probability, capped at 300; null where nothing is probabilistic. */
  readonly score: number | null;
  /** Stable code of why, such as `outside_calendar`, `never_works_at_this_hour`, `over_baseline`, `limit_used`. */
  readonly reason: string;
  /** Headline without the agent's name, such as "used 70 % of today's budget". Agent text in it is marked by {braces:n} never; plain text. */
  readonly title: string;
  /** Plain sentences: "$7.02 of $10.00 at 14:32 Berlin", "at this pace spent by 17:05". Plain text, unescaped. */
  readonly facts: readonly string[];
  /** Likely cause in plain words; empty when unknown. */
  readonly why: string;
  readonly contributors: readonly Contributor[];
  readonly events: readonly EventRef[];
  /** The incident ends when no finding of it came for this long (ms); 0: only `endsAt` ends it. */
  readonly quietAfterMs: number;
  /** The incident ends at this moment at the latest (a budget's period is over); null: no such moment. */
  readonly endsAt: number | null;
  /** What the resolved message says was the end: "new day", "quiet for 10 minutes". */
  readonly endReason: string;
}
