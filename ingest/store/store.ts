/**
 * The group "store": journal, dead letters and findings on their way to ClickHouse, each record once, whatever stops
 * in between. Nothing that decides or sends an alert waits for it.
 */
import { setMaxListeners } from "node:events";
import type { ClickHouseClient } from "@clickhouse/client";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { WatchkeeperError } from "../../schemas/errors.ts";
import { GROUPS, TOPICS, type Topic } from "../../schemas/topics.ts";
import { createGate } from "../gate.ts";
import type { EventLog, OpenPartition } from "../log/event-log.ts";
import type { Classify, Mend, Sleep } from "../retrying.ts";
import { stopWithin } from "../stop-within.ts";
import { createAllOpen } from "./all-open.ts";
import { createBackfillNotes, type FollowTopic } from "./backfill-notes.ts";
import { createHeldPartitions } from "./held-partitions.ts";
import { createInsert } from "./insert.ts";
import { openWithLead, type StartLead } from "./lead.ts";
import { createMakeWhole } from "./make-whole.ts";
import { openPartitionStore, type PartitionStoreOptions } from "./partition-store.ts";
import { createStoreTelemetry } from "./telemetry.ts";

/** One range of offsets that is now in ClickHouse. */
export interface Stored {
  readonly topic: Topic;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  /** Rows of history that was brought in: learning should look again soon. */
  readonly backfillRows: number;
}

export interface StoreOptions {
  readonly log: EventLog;
  /** Connected to the database, with the right to insert. */
  readonly client: ClickHouseClient;
  readonly database: string;
  /** What an error of the store means: `classifyStoreError` (ingest/clickhouse). */
  readonly classify: Classify;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Identities that the repeat filter remembers per partition (`limits.recentIds`). */
  readonly recentIds: number;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly sleep: Sleep;
  /** For the jitter of retries, in [0, 1); default Math.random. */
  readonly random?: () => number;
  readonly onStored?: (stored: Stored) => void;
  /** Jobs of the member that owns partition 0 of the journal. */
  readonly onLead?: StartLead;
  /** How notes of other processes are read; left out, this process has every partition. */
  readonly followTopic?: FollowTopic;
  /** A batch is sent at this many records, at this many characters, or when both times below have passed. */
  readonly flushRows?: number;
  readonly flushBytes?: number;
  /**
   * Characters of all batches of a topic, those under way among them: who holds many partitions sends smaller ones;
   * default 192 Mi.
   */
  readonly flushAllBytes?: number;
  /** Since its first record. */
  readonly flushAfterMs?: number;
  /** Since its partition sent the one before: a quiet store is quick, a busy one gathers. */
  readonly flushEveryMs?: number;
  /**
   * Who holds more partitions of a topic than this waits longer in proportion, so that no more than so many inserts of
   * a topic fall into `flushEveryMs`; default 4.
   */
  readonly flushPartitions?: number;
  /** Mends what makes inserts fail, before they are tried again: tables that were dropped. */
  readonly mend?: Mend;
  /** The tables have replicas; default false. */
  readonly replicated?: boolean;
}

export interface Store {
  /** Resolves when stopped, rejects with the first error that no retry can mend. */
  readonly done: Promise<void>;
  /** Why rows are not taken at the moment; undefined while they are. */
  problem(): WatchkeeperError | undefined;
  /**
   * Finishes and commits the batches under way, also those that a former process left, then writes nothing until the
   * returned function is called: exactly the rows before the committed offsets are stored meanwhile. Rejects with the
   * signal's reason when it aborts first, as it will while another process has some of the partitions.
   */
  hold(signal: AbortSignal): Promise<() => void>;
  /**
   * Sends what is buffered if that takes at most a few seconds and the signal does not abort, else leaves it to the next
   * start; then leaves.
   */
  stop(late?: AbortSignal): Promise<void>;
}

/** The engine spends 37 us on a row of 2,500 in one insert, 18 us on one of 20,000. */
const FLUSH_ROWS = 20_000;
const FLUSH_BYTES = 12 * 1024 ** 2;
const FLUSH_ALL_BYTES = 192 * 1024 ** 2;
const FLUSH_AFTER_MS = 250;
const FLUSH_EVERY_MS = 1_000;
const FLUSH_PARTITIONS = 4;
/** How long a stop waits for a store that does not answer. */
const STOP_WITHIN_MS = 4_000;

const SOURCES: readonly Topic[] = [TOPICS.journal, TOPICS.dead, TOPICS.findings];

/** Joins the group on all three topics. Reading starts at once. */
export function startStore(options: StoreOptions): Store {
  const { log, logger, registry, sleep, client, database, now, random = Math.random, replicated } = options;
  const lag = async () => (await Promise.all(SOURCES.map((topic) => log.lag(GROUPS.store, topic)))).flat();
  const telemetry = createStoreTelemetry({ logger, registry, lag });
  const giveUp = new AbortController();
  const gate = createGate();
  // Every partition listens, to waits and to requests.
  setMaxListeners(0, giveUp.signal);
  let onFailure: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_resolve, reject) => {
    onFailure = reject;
  });

  const notes = createBackfillNotes(options.followTopic);
  const nonce = () => `${now()}-${random().toString(36).slice(2)}${random().toString(36).slice(2)}`;
  const problems = new Map<string, WatchkeeperError>();
  const partitionOptions: Omit<PartitionStoreOptions, "share"> = {
    ...{ telemetry, sleep, now, random, classify: options.classify, recentIds: options.recentIds },
    ...(options.mend !== undefined && { mend: options.mend }),
    insert: createInsert({ client, database, nonce, replicated }),
    makeWhole: createMakeWhole({ client, database, sleep, replicated }),
    onAttempt(where, failure) {
      if (failure === undefined) problems.delete(where);
      else problems.set(where, failure);
    },
    giveUp: giveUp.signal,
    gate,
    flushRows: options.flushRows ?? FLUSH_ROWS,
    flushAfterMs: options.flushAfterMs ?? FLUSH_AFTER_MS,
    onStored(stored) {
      if (stored.backfillRows > 0) notes.stored(stored.partition, stored.to);
      options.onStored?.(stored);
    },
    onFailure,
  };
  const held = createHeldPartitions({
    everyMs: options.flushEveryMs ?? FLUSH_EVERY_MS,
    partitions: options.flushPartitions ?? FLUSH_PARTITIONS,
    bytes: options.flushBytes ?? FLUSH_BYTES,
    allBytes: options.flushAllBytes ?? FLUSH_ALL_BYTES,
    onReleased: ({ topic, partition }) => problems.delete(`${topic}/${partition}`),
  });
  const allOpen = createAllOpen(gate, log.partitions * SOURCES.length, giveUp.signal);
  const openStore: OpenPartition = (assignment) =>
    allOpen.open(assignment, () =>
      held.hold(assignment, (share) => openPartitionStore(assignment, { ...partitionOptions, share })),
    );
  const { onLead: start } = options;
  const lead = { ...partitionOptions, notes, onRetry: () => {} };
  const open: OpenPartition = (assignment) =>
    start === undefined ? openStore(assignment) : openWithLead(assignment, openStore, { ...lead, start });
  const member = log.consume({ group: GROUPS.store, topics: SOURCES, state: [TOPICS.storeState], open });

  const done = Promise.race([failed, member.done]);
  // A stopped program awaits `stop` alone; that must not end it by an unhandled rejection.
  done.catch(() => {});
  return {
    done,
    hold: gate.hold,
    stop: (late) => stopWithin(() => member.stop(late), { giveUp, ms: STOP_WITHIN_MS, late, sleep }),
    problem: () => [...problems.values()][0],
  };
}
