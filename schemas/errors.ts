/**
 * The errors of Watchkeeper. Each carries a stable code, what to do next, and a verdict that tells
 * a loop how to go on: `retry` the same work later, `poison` sets this one record aside, `fatal` ends the process.
 */
export type ErrorVerdict = "retry" | "poison" | "fatal";

/** Exit codes of the CLI: 0 done, 1 failed, 2 used wrongly, 3 a check found something. */
export type ExitCode = 0 | 1 | 2 | 3;

export interface ErrorDetails {
  /** Stable, lower case, words joined by underscores; part of the HTTP and CLI contract. */
  readonly code: string;
  /** What the reader can do about it; one sentence. */
  readonly hint?: string;
  /** Default `fatal`. */
  readonly verdict?: ErrorVerdict;
  /** For `retry`: wait at least this long. */
  readonly retryAfterMs?: number;
  /** What the CLI ends with when this error reaches it; default 1. */
  readonly exitCode?: ExitCode;
  readonly cause?: unknown;
}

export class WatchkeeperError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly verdict: ErrorVerdict;
  readonly retryAfterMs: number | undefined;
  readonly exitCode: ExitCode;

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "WatchkeeperError";
    this.code = details.code;
    this.hint = details.hint;
    this.verdict = details.verdict ?? "fatal";
    this.retryAfterMs = details.retryAfterMs;
    this.exitCode = details.exitCode ?? 1;
  }
}

/** What a loop does after this error; anything that is not ours is fatal, so that nothing unknown is skipped. */
export function verdictOf(error: unknown): ErrorVerdict {
  return error instanceof WatchkeeperError ? error.verdict : "fatal";
}

/** Whether a commit was refused because the partition has another owner by now, who goes on from the last one taken. */
export function isFenced(error: unknown): boolean {
  return error instanceof WatchkeeperError && error.code === "fenced";
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
