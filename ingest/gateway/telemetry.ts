/** What the gateway says of itself: one function per happening. Bodies, headers and tokens are never logged. */
import type { Logger } from "pino";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { describeError } from "../describe-error.ts";
import type { Batch } from "./batch.ts";

export interface GatewayTelemetry {
  listening(url: string): void;
  stopped(): void;
  batchAccepted(batch: Batch, bytes: number): void;
  requestAnswered(route: string, status: number, seconds: number): void;
  /** A whole request was refused with a code; only failures of our own are logged loudly. */
  requestRefused(status: number, code: string, error: unknown): void;
  inFlight(bytes: number): void;
}

export function createGatewayTelemetry(parent: Logger, registry: Registry): GatewayTelemetry {
  const logger = parent.child({ room: "gateway" });
  const registers = [registry];
  const accepted = new Counter({
    name: "watchkeeper_gateway_events_accepted_total",
    help: "Events answered with 200, repeats included.",
    registers,
  });
  const rejected = new Counter({
    name: "watchkeeper_gateway_lines_rejected_total",
    help: "Lines refused into the dead letters, by code.",
    labelNames: ["code"],
    registers,
  });
  const redacted = new Counter({
    name: "watchkeeper_gateway_redactions_total",
    help: "Secrets taken out of lines before anything was stored, by kind.",
    labelNames: ["kind"],
    registers,
  });
  const bodies = new Counter({
    name: "watchkeeper_gateway_body_bytes_total",
    help: "Bytes of accepted bodies, unpacked.",
    registers,
  });
  const refused = new Counter({
    name: "watchkeeper_gateway_requests_refused_total",
    help: "Requests refused as a whole, by code.",
    labelNames: ["code"],
    registers,
  });
  const seconds = new Histogram({
    name: "watchkeeper_gateway_request_seconds",
    help: "From the headers of a request to its answer.",
    labelNames: ["route", "status"],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  });
  const held = new Gauge({
    name: "watchkeeper_gateway_in_flight_bytes",
    help: "Bytes that running requests hold.",
    registers,
  });
  return {
    listening: (url) => logger.info({ url }, "gateway listening"),
    stopped: () => logger.info("gateway stopped"),
    batchAccepted({ accepted: count, rejectedByCode, redactions }, bytes) {
      accepted.inc(count);
      bodies.inc(bytes);
      for (const [code, lines] of rejectedByCode) rejected.inc({ code }, lines);
      for (const [kind, times] of redactions) redacted.inc({ kind }, times);
      if (rejectedByCode.size === 0) return;
      logger.debug({ accepted: count, rejected: Object.fromEntries(rejectedByCode) }, "lines refused");
    },
    requestAnswered: (route, status, time) => seconds.observe({ route, status: String(status) }, time),
    requestRefused(status, code, error) {
      refused.inc({ code });
      if (status < 500) logger.debug({ status, code }, "request refused");
      else logger.error({ status, code, error: describeError(error) }, "request failed");
    },
    inFlight: (bytes) => held.set(bytes),
  };
}
