/**
 * Records that a group will never read are said three times: in the log, as a metric, and as a record of the journal
 * that becomes an alert. What the journal cannot take now is tried again until it does.
 */
import type { Logger } from "pino";
import { Counter, type Registry } from "prom-client";
import { messageOf } from "../../schemas/errors.ts";
import type { GapRecord } from "../../schemas/self.ts";
import type { EventLog } from "../log/event-log.ts";
import { classifyOurs, retrying, type Sleep } from "../retrying.ts";
import { stopWithin } from "../stop-within.ts";
import { selfAppend } from "./self-record.ts";

/** As the event log tells it. */
type Gap = Omit<GapRecord, "type" | "at">;

export interface GapReporterOptions {
  /** The log that tells of gaps, once it is open. */
  readonly append: EventLog["append"];
  readonly logger: Logger;
  readonly registry: Registry;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly sleep: Sleep;
  /** For the jitter of retries, in [0, 1); default Math.random. */
  readonly random?: () => number;
}

export interface GapReporter {
  report(gap: Gap): void;
  /** Gives what waits a few seconds more, less when the signal aborts; call it before the log is closed. */
  stop(late?: AbortSignal): Promise<void>;
}

/** Gaps that wait for the journal at once; each is in the log and the metric all the same. */
const WAITING = 10_000;
const STOP_WITHIN_MS = 3_000;

export function createGapReporter(options: GapReporterOptions): GapReporter {
  const { append, logger, registry, now, sleep, random = Math.random } = options;
  const records = new Counter({
    name: "watchkeeper_log_gap_records_total",
    help: "Records that were gone before a group had read them.",
    labelNames: ["group", "topic"],
    registers: [registry],
  });
  const giveUp = new AbortController();
  let waiting: GapRecord[] = [];
  let running: Promise<void> | undefined;

  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      const work = () => append(batch.map(selfAppend));
      const onRetry = (error: unknown) =>
        logger.warn({ error: messageOf(error), gaps: waiting.length }, "a gap is not in the journal yet; trying again");
      const { kind } = await retrying(work, classifyOurs, { sleep, random, giveUp: giveUp.signal, onRetry });
      if (kind === "given_up") return;
      if (kind === "refused") logger.error({ gaps: batch.length }, "the journal refuses records of gaps");
      waiting = waiting.filter((gap) => !batch.includes(gap));
    }
  }

  function onFailed(error: unknown): void {
    logger.error({ error: messageOf(error), gaps: waiting.length }, "gaps could not be written into the journal");
  }

  return {
    report({ group, topic, partition, from, to }) {
      records.inc({ group, topic }, to - from);
      logger.error({ group, topic, partition, from, to }, "records were gone before the group had read them");
      if (waiting.length >= WAITING) return;
      waiting = [...waiting, { type: "gap", at: now(), group, topic, partition, from, to }];
      running ??= write()
        .catch(onFailed)
        .finally(() => {
          running = undefined;
        });
    },
    stop: (late) => stopWithin(async () => running, { giveUp, ms: STOP_WITHIN_MS, late, sleep }),
  };
}
