/** What happens in alerting, each with its log line and its metric. */
import type { Logger } from "pino";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { messageOf } from "../schemas/errors.ts";
import type { NotificationRecord } from "../schemas/incident.ts";
import type { Position } from "../schemas/journal.ts";

export interface AlertingTelemetry {
  /** A detector or an incident failed on a record; the record is passed over by the watch. */
  judgeFailed(position: Position, error: unknown): void;
  /** A decision to send or not to send was carried out, or failed. */
  notified(notification: NotificationRecord): void;
  /** One request to a sink took this long. */
  requested(sink: string, action: string, seconds: number): void;
  /** A sink or channel will not take messages until somebody acts. */
  refused(sink: string, channel: string, reason: string, hint: string): void;
  /** A sink or channel takes messages again. */
  recovered(sink: string, channel: string): void;
  /** What was sent could not be recorded yet. */
  recordFailed(error: unknown): void;
  /** Something failed that should not have: a bug of ours. */
  failed(what: string, error: unknown): void;
  heartbeatFailed(host: string, reason: string): void;
  heartbeatSkipped(reasons: readonly string[]): void;
}

export interface TelemetryOptions {
  readonly logger: Logger;
  readonly registry: Registry;
  /** Incidents that wait to be told or edited in. */
  readonly pending: () => number;
}

/** Metrics `watchkeeper_alert_…` in the registry, log lines through the logger. Call once per registry. */
export function createAlertingTelemetry({ logger, registry, pending }: TelemetryOptions): AlertingTelemetry {
  const registers = [registry];
  const sends = new Counter({
    name: "watchkeeper_alert_sends_total",
    help: "Decisions to send or not to send, by what came of them.",
    labelNames: ["sink", "action", "reason", "ok"],
    registers,
  });
  const seconds = new Histogram({
    name: "watchkeeper_alert_send_seconds",
    help: "Seconds that a request to a sink took.",
    labelNames: ["sink", "action"],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const delay = new Histogram({
    name: "watchkeeper_alert_delay_seconds",
    help: "Seconds from the arrival of the deciding event to the request that told of it.",
    labelNames: ["sink"],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600],
    registers,
  });
  const counter = (name: string, help: string) => new Counter({ name: `watchkeeper_${name}_total`, help, registers });
  const judgeFailures = counter("alert_judge_failures", "Records on which a detector or an incident failed.");
  const recordFailures = counter("alert_record_failures", "Failed attempts to record what was sent.");
  const bugs = counter("alert_failures", "Failures inside the sender that should not happen.");
  const beats = counter("heartbeat_failures", "Pings of the outside dead-man's switch that failed.");
  const refused = new Gauge({
    name: "watchkeeper_alert_channel_refused",
    help: "1 while a channel refuses messages until somebody acts.",
    labelNames: ["sink", "channel"],
    registers,
  });
  new Gauge({
    name: "watchkeeper_alert_pending",
    help: "Incidents that wait to be told or edited in.",
    registers,
    collect() {
      this.set(pending());
    },
  });

  return {
    judgeFailed(position, error) {
      judgeFailures.inc();
      logger.error({ ...position, error: messageOf(error) }, "judging a record failed");
    },
    notified(notification) {
      const { sink, action, reason, ok, delay_ms } = notification;
      sends.inc({ sink, action, reason, ok: String(ok) });
      if (ok && (action === "post" || action === "reply") && delay_ms !== null)
        delay.observe({ sink }, delay_ms / 1000);
      const { incident, agent, detector, severity, channel, error } = notification;
      const facts = { incident, agent, detector, severity, sink, channel, action, reason, delay_ms };
      if (ok) logger.info(facts, "alert decided");
      else logger.warn({ ...facts, error }, "alert not sent yet");
    },
    requested: (sink, action, took) => seconds.observe({ sink, action }, took),
    refused(sink, channel, reason, hint) {
      refused.set({ sink, channel }, 1);
      logger.error({ sink, channel, reason, hint }, "alerts are refused");
    },
    recovered(sink, channel) {
      refused.set({ sink, channel }, 0);
      logger.info({ sink, channel }, "alerts are sent again");
    },
    recordFailed(error) {
      recordFailures.inc();
      logger.error({ error: messageOf(error) }, "recording what was sent failed");
    },
    failed(what, error) {
      bugs.inc();
      logger.error({ what, error: messageOf(error) }, "sender failed");
    },
    heartbeatFailed(host, reason) {
      beats.inc();
      logger.warn({ host, reason }, "heartbeat failed");
    },
    heartbeatSkipped: (reasons) => logger.warn({ reasons }, "heartbeat withheld"),
  };
}
