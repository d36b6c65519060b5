/**
 * Learning on the one process that leads. What was run and which history it had seen is recorded where the next leader
 * finds it, so that no scheduled run happens twice, and one that was missed while nobody led is made up once.
 */
import { setTimeout as delay } from "node:timers/promises";
import { createCronClock } from "../backtest/cron-clock.ts";
import type { LearnSummary } from "./learn.ts";
import { type LearnCause, type LearningOptions, startLearning } from "./schedule.ts";

/** What leading gives: a record that the next leader reads, and notes of history that was stored anywhere. */
export interface LearningLead {
  recorded(job: string): string | undefined;
  /** True when durable; false when another process leads. */
  record(job: string, value: string): Promise<boolean>;
  /** How far history reaches, by partition: offsets that only grow. */
  followBackfill(take: (partition: number, offset: number) => void): Promise<{ stop(): Promise<void> }>;
}

export interface LedLearningOptions extends Omit<LearningOptions, "claim"> {
  readonly lead: LearningLead;
  /** Whatever decides how is learned, as text: when it changed, baselines are learned anew. */
  readonly settings: string;
}

export interface LedLearning {
  /** Learns now, after the run in hand; resolves when done, rejects when it failed. */
  learnNow(): Promise<void>;
  stop(): Promise<void>;
}

/** The record of job `learning`. */
interface Ledger {
  readonly version: 1;
  /** The latest moment that a run was due and taken up, Unix milliseconds. */
  readonly dueAt: number;
  readonly settings: string;
  /** Offsets of history, by partition, that a finished run had seen. */
  readonly seen: Readonly<Record<string, number>>;
}

const JOB = "learning";
const FOLLOW_AGAIN_MS = 5_000;

/** Starts at once; the first run follows a few seconds later if one was missed, or new history waits. */
export function startLedLearning(options: LedLearningOptions): LedLearning {
  const { lead, now, settings } = options;
  const stopping = new AbortController();
  const reached = new Map<string, number>();
  const before = ledgerOf(lead.recorded(JOB));
  let ledger: Ledger = before ?? { version: 1, dueAt: 0, settings: "", seen: {} };

  async function record(next: Partial<Ledger>): Promise<boolean> {
    const written = { ...ledger, ...next };
    if (!(await lead.record(JOB, JSON.stringify(written)))) return false;
    ledger = written;
    return true;
  }

  async function claim({ name, dueAt }: LearnCause): Promise<boolean> {
    if (name === "schedule" && dueAt <= ledger.dueAt) return false;
    return record({ dueAt: Math.max(dueAt, ledger.dueAt), settings });
  }

  async function learn(cause: LearnCause, signal: AbortSignal): Promise<LearnSummary> {
    const seen = { ...ledger.seen, ...Object.fromEntries(reached) };
    const summary = await options.learn(cause, signal);
    // A run that was cut short has not learned from that history: whoever leads next does.
    await record({ seen });
    return summary;
  }

  const learning = startLearning({ ...options, claim, learn });
  if (before === undefined || before.settings !== settings || isMissed(options.schedule, before.dueAt, now())) {
    learning.requestSoon("missed");
  }

  function onBackfill(partition: number, offset: number): void {
    reached.set(`${partition}`, offset);
    if (offset > (ledger.seen[partition] ?? -1)) learning.requestSoon();
  }

  async function follow(): Promise<{ stop(): Promise<void> } | undefined> {
    while (!stopping.signal.aborted) {
      try {
        return await lead.followBackfill(onBackfill);
      } catch (error) {
        options.onFailed?.({ name: "backfill", dueAt: now() }, error);
        await delay(FOLLOW_AGAIN_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
    return undefined;
  }

  const following = follow();
  return {
    learnNow: learning.learnNow,
    async stop() {
      stopping.abort();
      await learning.stop();
      await (await following)?.stop();
    },
  };
}

/** Undefined for what another version wrote: learning once more is all that follows. */
function ledgerOf(text: string | undefined): Ledger | undefined {
  const ledger = text === undefined ? undefined : (JSON.parse(text) as Ledger);
  return ledger?.version === 1 ? ledger : undefined;
}

/** Whether the schedule was due after one moment, up to the other. */
function isMissed(schedule: string, after: number, now: number): boolean {
  const clock = createCronClock(schedule);
  clock.lastDue(after);
  return (clock.lastDue(now) ?? 0) > after;
}
