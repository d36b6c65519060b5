/** What an agent's detectors are saying at the moment: one cause is told once, and repeated at most once a minute. */
import { type Finding, SEVERITY_RANK, type Severity } from "../../schemas/finding.ts";
import { ratioOf } from "../window/excess.ts";

/** A finding keeps its incident alive at most this often. */
const REPEAT_MS = 60_000;
/** Subjects remembered at once; the longest silent is forgotten first. */
const MAX_SPOKEN = 32;
/** Share of what was observed that makes a contributor a cause. */
const CAUSE_SHARE = 0.25;

export interface Spoken {
  readonly detector: string;
  readonly subject: string;
  readonly severity: Severity;
  /** When it was last said (the watch's clock). */
  readonly at: number;
  /** Silent for this long, it is over. */
  readonly quietAfterMs: number;
  /** Observed over expected, as it stands. */
  readonly ratio: number;
  /** Names of contributors that make up a quarter or more of what was observed. */
  readonly causes: readonly string[];
}

export interface Speaking {
  /** Whether something may be said now: not yet said, said at a lesser severity, or a minute ago. */
  may(detector: string, subject: string, severity: Severity, now: number): boolean;
  /** The severity to go on with: what is being said does not become less while it lasts. */
  atLeast(detector: string, subject: string, severity: Severity, now: number): Severity;
  /** What this detector is saying about anything at this severity or above (default: all), newest first. */
  of(detector: string, now: number, least?: Severity): readonly Spoken[];
  said(spoken: Spoken): void;
  /** Keeps the ratio of something that is being said up to date between two sayings. */
  note(detector: string, subject: string, ratio: number): void;
  save(): readonly Spoken[];
}

/** What is remembered of a finding that was said. */
export function spokenOf(finding: Finding): Spoken {
  const { detector, subject, severity, at, quietAfterMs, observed, expected, contributors } = finding;
  const causes = contributors.filter((one) => one.observed >= CAUSE_SHARE * observed).map(({ name }) => name);
  return { detector, subject, severity, at, quietAfterMs, ratio: ratioOf(observed, expected ?? 0), causes };
}

const SILENT: readonly Spoken[] = [];

/** A memory of what was said, continued from `saved`. */
export function createSpeaking(saved: readonly Spoken[] = SILENT): Speaking {
  return new SpeakingMemory(saved);
}

class SpeakingMemory implements Speaking {
  #list: readonly Spoken[];

  constructor(list: readonly Spoken[]) {
    this.#list = list;
  }

  may(detector: string, subject: string, severity: Severity, now: number): boolean {
    const last = this.#find(detector, subject, now);
    return last === undefined || SEVERITY_RANK[severity] > SEVERITY_RANK[last.severity] || now - last.at >= REPEAT_MS;
  }

  atLeast(detector: string, subject: string, severity: Severity, now: number): Severity {
    const last = this.#find(detector, subject, now);
    return last !== undefined && SEVERITY_RANK[last.severity] > SEVERITY_RANK[severity] ? last.severity : severity;
  }

  of(detector: string, now: number, least: Severity = "info"): readonly Spoken[] {
    if (this.#list.length === 0) return SILENT;
    const rank = SEVERITY_RANK[least];
    return this.#list.filter(
      (s) => s.detector === detector && now - s.at <= s.quietAfterMs && SEVERITY_RANK[s.severity] >= rank,
    );
  }

  said(spoken: Spoken): void {
    const others = this.#list.filter(
      (s) => spoken.at - s.at <= s.quietAfterMs && !(s.detector === spoken.detector && s.subject === spoken.subject),
    );
    this.#list = [spoken, ...others].slice(0, MAX_SPOKEN);
  }

  note(detector: string, subject: string, ratio: number): void {
    if (this.#list.length === 0) return;
    this.#list = this.#list.map((s) => (s.detector === detector && s.subject === subject ? { ...s, ratio } : s));
  }

  save(): readonly Spoken[] {
    return this.#list;
  }

  #find(detector: string, subject: string, now: number): Spoken | undefined {
    if (this.#list.length === 0) return undefined;
    return this.#list.find((s) => s.detector === detector && s.subject === subject && now - s.at <= s.quietAfterMs);
  }
}
