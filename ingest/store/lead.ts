/**
 * Scheduled jobs run on the member that owns partition 0 of the journal, wherever that is now. What a job must not
 * forget is kept in that partition's state, so the next owner goes on from there.
 */
import { isFenced } from "../../schemas/errors.ts";
import { TOPICS } from "../../schemas/topics.ts";
import type { Assignment, OpenPartition, PartitionReader } from "../log/event-log.ts";
import { classifyOurs, type Retrying, retrying } from "../retrying.ts";
import type { BackfillNotes, TakeNote } from "./backfill-notes.ts";

/** What the owner of partition 0 may do beside storing. */
export interface Lead {
  /** What `record` wrote last for this job, by this owner or one before; undefined: nothing. */
  recorded(job: string): string | undefined;
  /** Resolves true when it is durable, false when the partition has another owner or the process stops. */
  record(job: string, value: string): Promise<boolean>;
  /** Told of history that any member stored: how far it reaches, by partition. */
  followBackfill(take: TakeNote): Promise<{ stop(): Promise<void> }>;
}

/**
 * Starts the jobs of the one who leads. `stop` is called when the partition goes, and awaited for three seconds: what
 * takes longer goes on beside the jobs of the next leader until it ends by itself.
 */
export type StartLead = (lead: Lead) => { stop(): Promise<void> };

export interface LeadOptions extends Retrying {
  readonly notes: BackfillNotes;
  readonly start: StartLead;
}

/** The partition stands still meanwhile. */
const JOBS_END_WITHIN_MS = 3_000;

const keyOf = (job: string): string => `job:${job}`;

/** Adds to a reader of the store what its partition's state holds for jobs. */
export async function openWithLead(
  assignment: Assignment,
  open: OpenPartition,
  options: LeadOptions,
): Promise<PartitionReader> {
  const { topic, partition } = assignment;
  if (topic !== TOPICS.journal) return open(assignment);
  const state = new Map<string, string>();
  for await (const [key, value] of assignment.readState(TOPICS.storeState)) {
    options.notes.restore(partition, key, value);
    if (key.startsWith(keyOf(""))) state.set(key, value.toString());
  }
  const reader = await open(assignment);
  if (partition !== 0) return reader;
  const jobs = options.start(leadOf(assignment, state, options));
  return {
    ...reader,
    async close() {
      const stopped = jobs.stop();
      stopped.catch(() => undefined);
      const isOver = new AbortController();
      try {
        await reader.close();
      } finally {
        const enough = options.sleep(JOBS_END_WITHIN_MS, isOver.signal);
        await Promise.race([stopped, enough]).finally(() => isOver.abort());
      }
    },
  };
}

function leadOf(assignment: Assignment, state: Map<string, string>, options: LeadOptions): Lead {
  return {
    recorded: (job) => state.get(keyOf(job)),
    async record(job, value) {
      const put = { topic: TOPICS.storeState, key: keyOf(job), value };
      try {
        const outcome = await retrying(() => assignment.commit({ puts: [put] }), classifyOurs, options);
        if (outcome.kind === "refused") throw outcome.error;
        if (outcome.kind === "given_up") return false;
      } catch (error) {
        if (isFenced(error)) return false;
        throw error;
      }
      state.set(put.key, value);
      return true;
    },
    followBackfill: (take) => options.notes.follow(take),
  };
}
