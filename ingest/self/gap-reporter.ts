/**
 * Records that a group will never read are said three times: in the log, as a metric, and as a record of the journal
 * that becomes an alert. The event log writes that record, no later than the group moves past the gap.
 */
import type { Logger } from "pino";
import { Counter, type Registry } from "prom-client";
import type { GapRecord } from "../../schemas/self.ts";
import type { LogAppend } from "../log/event-log.ts";
import { selfAppend } from "./self-record.ts";

/** As the event log tells it. */
type Gap = Omit<GapRecord, "type" | "at">;

export interface GapReporterOptions {
  readonly logger: Logger;
  readonly registry: Registry;
  /** Unix milliseconds. */
  readonly now: () => number;
}

export interface GapReporter {
  onGap(gap: Gap): void;
  recordOfGap(gap: Gap): LogAppend;
}

export function createGapReporter({ logger, registry, now }: GapReporterOptions): GapReporter {
  const records = new Counter({
    name: "watchkeeper_log_gap_records_total",
    help: "Records that were gone before a group had read them.",
    labelNames: ["group", "topic"],
    registers: [registry],
  });
  return {
    onGap({ group, topic, partition, from, to }) {
      records.inc({ group, topic }, to - from);
      logger.error({ group, topic, partition, from, to }, "records were gone before the group had read them");
    },
    recordOfGap: ({ group, topic, partition, from, to }) =>
      selfAppend({ type: "gap", at: now(), group, topic, partition, from, to }),
  };
}
