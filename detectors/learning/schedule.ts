/** When baselines are learned: on the configured schedule, and soon after history was brought in; one run at a time. */
import { schedule } from "node-cron";
import type { LearnSummary } from "./learn.ts";

/** Why a run happens, and the moment it was due. */
export interface LearnCause {
  readonly name: "schedule" | "missed" | "backfill" | "request";
  readonly dueAt: number;
}

export interface LearningOptions {
  /** `baselines.schedule`: a cron expression in UTC. */
  readonly schedule: string;
  /** One run over the fleet up to `now`. */
  readonly learn: (cause: LearnCause, signal: AbortSignal) => Promise<LearnSummary>;
  /** Records the run (name and due time) before its effect. False: it was run before, or another process leads now. */
  readonly claim?: (cause: LearnCause) => Promise<boolean>;
  readonly onStart?: (cause: LearnCause) => void;
  readonly onDone?: (cause: LearnCause, summary: LearnSummary, ms: number) => void;
  /** A run failed; the next one comes all the same. */
  readonly onFailed?: (cause: LearnCause, error: unknown) => void;
  readonly now: () => number;
  /** A request waits this long for more of them; default 3 s. */
  readonly soonMs?: number;
  /** However many requests come, one runs at least this often; default 15 s. */
  readonly latestMs?: number;
}

export interface Learning {
  /** History was stored, or a run was missed: learn when no more such requests came for a few seconds. */
  requestSoon(name?: "backfill" | "missed"): void;
  /** Learns now, after the run in hand; resolves when done, rejects when it failed. */
  learnNow(): Promise<void>;
  /** Aborts the run in hand and waits for its end. */
  stop(): Promise<void>;
}

const SOON_MS = 3_000;
const LATEST_MS = 15_000;

/** Starts the schedule. Nothing is learned until it is due or asked for. */
export function startLearning(options: LearningOptions): Learning {
  const { now, soonMs = SOON_MS, latestMs = LATEST_MS } = options;
  const abort = new AbortController();
  let chain: Promise<unknown> = Promise.resolve();
  let waiting: NodeJS.Timeout | undefined;
  let firstRequest = 0;

  async function run(cause: LearnCause): Promise<void> {
    if (abort.signal.aborted) return;
    const began = now();
    try {
      if (options.claim !== undefined && !(await options.claim(cause))) return;
      options.onStart?.(cause);
      const summary = await options.learn(cause, abort.signal);
      options.onDone?.(cause, summary, now() - began);
    } catch (error) {
      if (abort.signal.aborted) return;
      options.onFailed?.(cause, error);
      throw error;
    }
  }

  /** Runs follow each other, never beside each other. */
  function enqueue(cause: LearnCause): Promise<void> {
    const next = chain.then(() => run(cause));
    chain = next.catch(() => undefined);
    return next;
  }

  function inBackground(cause: LearnCause): void {
    // `onFailed` has told of it.
    enqueue(cause).catch(() => undefined);
  }

  const task = schedule(
    options.schedule,
    ({ date }) => {
      inBackground({ name: "schedule", dueAt: date.getTime() });
    },
    { timezone: "UTC", name: "learning", noOverlap: true, suppressMissedWarning: true },
  );

  function fireRequest(name: LearnCause["name"]): void {
    waiting = undefined;
    inBackground({ name, dueAt: now() });
  }

  return {
    requestSoon(name = "backfill") {
      if (abort.signal.aborted) return;
      if (waiting === undefined) firstRequest = now();
      clearTimeout(waiting);
      const wait = Math.max(0, Math.min(soonMs, firstRequest + latestMs - now()));
      waiting = setTimeout(() => fireRequest(name), wait);
    },
    learnNow: () => enqueue({ name: "request", dueAt: now() }),
    async stop() {
      clearTimeout(waiting);
      abort.abort();
      await task.destroy();
      await chain;
    },
  };
}
