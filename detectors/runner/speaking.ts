/** What an agent's detectors are saying at the moment: one cause is told once, and repeated at most once a minute. */
import type { Severity } from "../../schemas/finding.ts";
import { SEVERITY_RANK } from "../../schemas/finding.ts";

/** A finding keeps its incident alive at most this often. */
export const REPEAT_MS = 60_000;
/** Subjects remembered at once; the longest silent is forgotten first. */
const MAX_SPOKEN = 32;

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
  /** What this detector is saying about anything, newest first. */
  of(detector: string, now: number): readonly Spoken[];
  said(spoken: Spoken): void;
  /** Keeps the ratio of something that is being said up to date between two sayings. */
  note(detector: string, subject: string, ratio: number): void;
  save(): readonly Spoken[];
}

/** A memory of what was said, continued from `saved`. */
export function createSpeaking(saved: readonly Spoken[] = []): Speaking {
  let list: readonly Spoken[] = saved;

  function find(detector: string, subject: string, now: number): Spoken | undefined {
    if (list.length === 0) return undefined;
    return list.find((s) => s.detector === detector && s.subject === subject && now - s.at <= s.quietAfterMs);
  }

  return {
    may(detector, subject, severity, now) {
      const last = find(detector, subject, now);
      return last === undefined || SEVERITY_RANK[severity] > SEVERITY_RANK[last.severity] || now - last.at >= REPEAT_MS;
    },
    atLeast(detector, subject, severity, now) {
      const last = find(detector, subject, now);
      return last !== undefined && SEVERITY_RANK[last.severity] > SEVERITY_RANK[severity] ? last.severity : severity;
    },
    of: (detector, now) => list.filter((s) => s.detector === detector && now - s.at <= s.quietAfterMs),
    said(spoken) {
      const others = list.filter(
        (s) => spoken.at - s.at <= s.quietAfterMs && !(s.detector === spoken.detector && s.subject === spoken.subject),
      );
      list = [spoken, ...others].slice(0, MAX_SPOKEN);
    },
    note(detector, subject, ratio) {
      if (list.length === 0) return;
      list = list.map((s) => (s.detector === detector && s.subject === subject ? { ...s, ratio } : s));
    },
    save: () => list,
  };
}
