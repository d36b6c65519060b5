/** What happens in detection, each with its log line and its metric. */
import type { Logger } from "pino";
import { Counter, Gauge, type Registry } from "prom-client";
import { messageOf } from "../schemas/errors.ts";
import type { LearnSummary } from "./learning/learn.ts";
import type { LearnCause } from "./learning/schedule.ts";

export interface DetectorTelemetry {
  /** A detector threw on a record; the others went on. */
  detectorFailed(detector: string, agent: string, error: unknown): void;
  /** An agent was forgotten because `limits.agents` was reached. */
  agentEvicted(agent: string): void;
  learningStarted(cause: LearnCause): void;
  learned(cause: LearnCause, summary: LearnSummary, ms: number): void;
  learningFailed(cause: LearnCause, error: unknown): void;
}

export interface DetectorTelemetryOptions {
  readonly logger: Logger;
  readonly registry: Registry;
}

/** Metrics `watchkeeper_detector_…` and `watchkeeper_learning_…`, log lines through the logger. Call once per registry. */
export function createDetectorTelemetry({ logger, registry }: DetectorTelemetryOptions): DetectorTelemetry {
  const registers = [registry];
  const failures = new Counter({
    name: "watchkeeper_detector_failures_total",
    help: "Records on which a detector failed; the other detectors judged them.",
    labelNames: ["detector"],
    registers,
  });
  const evictions = new Counter({
    name: "watchkeeper_detector_agents_evicted_total",
    help: "Agents forgotten by the watch because limits.agents was reached.",
    registers,
  });
  const runs = new Counter({
    name: "watchkeeper_learning_runs_total",
    help: "Times that baselines were learned, by cause and outcome.",
    labelNames: ["cause", "outcome"],
    registers,
  });
  const lastRun = new Gauge({
    name: "watchkeeper_learning_last_success_timestamp_seconds",
    help: "When baselines were last due and learned.",
    registers,
  });
  const agents = new Gauge({
    name: "watchkeeper_learning_agents",
    help: "Agents with a baseline from the last run.",
    registers,
  });

  return {
    detectorFailed(detector, agent, error) {
      failures.inc({ detector });
      logger.error({ detector, agent, error: messageOf(error) }, "detector failed on a record");
    },
    agentEvicted(agent) {
      evictions.inc();
      logger.warn({ agent }, "agent forgotten: limits.agents reached");
    },
    learningStarted({ name, dueAt }) {
      logger.info({ cause: name, due: new Date(dueAt).toISOString() }, "learning baselines");
    },
    learned({ name, dueAt }, summary, ms) {
      runs.inc({ cause: name, outcome: "done" });
      lastRun.set(dueAt / 1000);
      agents.set(summary.agents);
      logger.info({ cause: name, agents: summary.agents, rows: summary.rows, ms }, "baselines learned");
    },
    learningFailed({ name }, error) {
      runs.inc({ cause: name, outcome: "failed" });
      logger.error({ cause: name, error: messageOf(error) }, "learning baselines failed");
    },
  };
}
