/** What happens to the engine's process, as log lines and metrics. */
import type { Logger } from "pino";
import { Counter, Gauge, type Registry } from "prom-client";

export interface EngineTelemetry {
  ready(pid: number, version: string): void;
  died(reason: string): void;
  restarted(pid: number, downMs: number): void;
  restartFailed(message: string, nextTryMs: number): void;
  stopped(): void;
}

export function createEngineTelemetry(logger: Logger, registry: Registry | undefined): EngineTelemetry {
  const registers = registry === undefined ? [] : [registry];
  const restarts = new Counter({
    name: "watchkeeper_engine_restarts_total",
    help: "Times the embedded store's process died and was started again.",
    registers,
  });
  const up = new Gauge({
    name: "watchkeeper_engine_up",
    help: "1 while the embedded store's process answers.",
    registers,
  });
  return {
    ready(pid, version) {
      up.set(1);
      logger.debug({ pid, version }, "embedded store ready");
    },
    died(reason) {
      up.set(0);
      logger.error({ reason }, "embedded store died; it is started again, nothing is lost");
    },
    restarted(pid, downMs) {
      up.set(1);
      restarts.inc();
      logger.warn({ pid, downMs }, "embedded store is back");
    },
    restartFailed(message, nextTryMs) {
      logger.error({ err: message, nextTryMs }, "embedded store does not start again; it is tried on");
    },
    stopped() {
      up.set(0);
      logger.debug("embedded store stopped");
    },
  };
}
