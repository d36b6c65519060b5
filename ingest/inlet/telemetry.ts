/** What happens in the inlet, as log lines and metrics. Lines and headers are never logged. */
import type { Logger } from "pino";
import { Counter, Histogram, type Registry } from "prom-client";
import { messageOf } from "../../schemas/errors.ts";
import { describeError } from "../describe-error.ts";
import { registerLagGauge } from "../lag-gauge.ts";
import type { PartitionLag } from "../log/event-log.ts";
import type { JudgedRecord } from "./batch.ts";

export interface InletTelemetry {
  partitionOpened(partition: { readonly partition: number; readonly committed: number; readonly end: number }): void;
  /** The commit of these records was taken; `end` is where the partition ended when it was taken over. */
  journaled(judged: readonly JudgedRecord[], at: { readonly now: number; readonly end: number }): void;
  intakeFailed(place: string, error: unknown): void;
  commitRetried(retry: {
    readonly partition: number;
    readonly attempt: number;
    readonly delayMs: number;
    readonly error: unknown;
  }): void;
  leftForNextStart(partition: number): void;
}

export interface InletTelemetryOptions {
  readonly logger: Logger;
  readonly registry: Registry;
  readonly lag: () => Promise<readonly PartitionLag[]>;
}

export function createInletTelemetry({ logger, registry, lag }: InletTelemetryOptions): InletTelemetry {
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name: `watchkeeper_inlet_${name}`, help, labelNames, registers });
  const events = counter("events_total", "Events that were journaled, repeats included");
  const refused = counter("lines_refused_total", "Lines refused into the dead letters, by code", ["code"]);
  const skipped = counter("records_skipped_total", "Records without a value, and blank ones", ["why"]);
  const redactions = counter("redactions_total", "Secrets taken out of lines before anything was stored, by kind", [
    "kind",
  ]);
  const bytes = counter("value_bytes_total", "Bytes of the values of handled records");
  const commits = counter("commits_total", "Commits of records with the position behind them");
  const retries = counter("retries_total", "Commits that failed and were tried again");
  const delaySeconds = new Histogram({
    name: "watchkeeper_inlet_journaled_after_seconds",
    help: "From a record's arrival at the broker to its journaling; without what stood in the log at the start",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers,
  });
  registerLagGauge({
    name: "watchkeeper_inlet_lag_records",
    help: "Inlet records that are not journaled yet",
    labelNames: ["partition"],
    async read(set) {
      for (const { partition, committed, end } of await lag()) set({ partition }, end - committed);
    },
    failed: "the lag of the inlet cannot be read",
    ...{ registry, logger },
  });

  function count({ record, judgement }: JudgedRecord): void {
    bytes.inc(record.value.length);
    if (judgement.kind === "event") events.inc();
    if (judgement.kind === "refused") refused.inc({ code: judgement.code });
    if (judgement.kind === "skipped") {
      skipped.inc({ why: judgement.why });
      return;
    }
    for (const [kind, times] of Object.entries(judgement.redacted)) redactions.inc({ kind }, times);
  }

  return {
    partitionOpened: (partition) => logger.info(partition, "the inlet took a partition"),
    journaled(judged, { now, end }) {
      commits.inc();
      for (const one of judged) {
        count(one);
        const { offset, timestamp } = one.record;
        if (offset >= end) delaySeconds.observe(Math.max(0, now - timestamp) / 1000);
      }
    },
    intakeFailed: (place, error) =>
      logger.error({ place, error: describeError(error) }, "intake failed on a line; it goes to the dead letters"),
    commitRetried({ error, ...retry }) {
      retries.inc();
      logger.warn({ ...retry, error: messageOf(error) }, "the event log did not take inlet records; trying again");
    },
    leftForNextStart: (partition) =>
      logger.warn({ partition }, "the event log is away; the next start takes what was in hand"),
  };
}
