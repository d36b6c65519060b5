/**
 * The group "intake": lines from anyone's producer go through intake into the journal and the dead letters, each record
 * of the inlet exactly once.
 */
import { setMaxListeners } from "node:events";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { GROUPS, TOPICS } from "../schemas/topics.ts";
import { createJudge } from "./inlet/judge-record.ts";
import { openInletPartition } from "./inlet/partition.ts";
import { createInletTelemetry } from "./inlet/telemetry.ts";
import type { Intake } from "./intake/intake.ts";
import type { EventLog } from "./log/event-log.ts";
import type { Sleep } from "./retrying.ts";
import { stopWithin } from "./stop-within.ts";

export interface InletOptions {
  readonly log: EventLog;
  readonly intake: Intake;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly sleep: Sleep;
  /** For the jitter of retries, in [0, 1); default Math.random. */
  readonly random?: () => number;
}

export interface Inlet {
  /** Resolves when stopped, rejects with what ended the inlet. */
  readonly done: Promise<void>;
  /** Age of the oldest record that is in hand, in milliseconds; 0 while none is. */
  behindMs(): number;
  /** Finishes the batch at hand, leaves the group; gives up what is left when the signal aborts. */
  stop(late?: AbortSignal): Promise<void>;
}

/** What one read hands over: at usual lines about the records of one commit. */
const BATCH_BYTES = 4 * 1024 ** 2;
/** How long a stop waits for an event log that takes nothing. */
const STOP_WITHIN_MS = 4_000;

/** Joins the group. Reading starts at once, each partition where its last commit stands. */
export function startInlet(options: InletOptions): Inlet {
  const { log, intake, logger, registry, now, sleep } = options;
  const telemetry = createInletTelemetry({ logger, registry, lag: () => log.lag(GROUPS.intake, TOPICS.events) });
  const giveUp = new AbortController();
  // Every partition listens while it waits for its next try.
  setMaxListeners(0, giveUp.signal);
  const inHand = new Map<number, number>();
  const partitionOptions = {
    ...{ telemetry, now, sleep, inHand, giveUp: giveUp.signal },
    judge: createJudge({ intake, onFault: telemetry.intakeFailed }),
    random: options.random ?? Math.random,
  };
  const { done, stop } = log.consume({
    group: GROUPS.intake,
    topics: [TOPICS.events],
    maxBatchBytes: BATCH_BYTES,
    open: async (assignment) => openInletPartition(assignment, partitionOptions),
  });
  // A stopped program awaits `stop` alone; that must not end it by an unhandled rejection.
  done.catch(() => {});
  return {
    done,
    behindMs: () => Math.max(0, ...[...inHand.values()].map((since) => now() - since)),
    stop: (late) => stopWithin(() => stop(late), { giveUp, ms: STOP_WITHIN_MS, late, sleep }),
  };
}
