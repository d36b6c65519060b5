/** The outside dead-man's switch: pinged only while all is well, so that silence raises the alarm elsewhere. */
import { setTimeout as delay } from "node:timers/promises";
import type { AlertingTelemetry } from "./telemetry.ts";

export interface HeartbeatOptions {
  /** A secret: never logged beyond its host. */
  readonly url: string;
  readonly everyMs: number;
  /** What is wrong with log, watch and sends; empty: all is well. */
  readonly problems: () => readonly string[] | Promise<readonly string[]>;
  /** One process of many pings, else a healthy one would hide one that is stuck. */
  readonly isResponsible: () => boolean;
  readonly telemetry: Pick<AlertingTelemetry, "heartbeatFailed" | "heartbeatSkipped">;
  /** A ping without an answer ends after this; default 10,000. */
  readonly timeoutMs?: number;
}

/** Whoever becomes responsible pings soon. */
const LOOK_EVERY_MS = 1_000;

export interface Heartbeat {
  stop(): Promise<void>;
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return "failed";
  return "code" in cause && typeof cause.code === "string" ? cause.code : cause.name;
}

/** Pings while it is responsible: at once, then every `everyMs`, until stopped. A failure is logged and counted, never fatal. */
export function startHeartbeat({
  url,
  everyMs,
  problems,
  isResponsible,
  telemetry,
  timeoutMs = 10_000,
}: HeartbeatOptions): Heartbeat {
  const stopping = new AbortController();
  const { signal } = stopping;
  const { host } = new URL(url);

  async function beat(): Promise<void> {
    const found = await problems();
    if (found.length > 0) return telemetry.heartbeatSkipped(found);
    const answer = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) });
    await answer.body?.cancel();
    if (!answer.ok) telemetry.heartbeatFailed(host, `http_${answer.status}`);
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      if (!isResponsible()) {
        await delay(Math.min(everyMs, LOOK_EVERY_MS), undefined, { signal }).catch(() => undefined);
        continue;
      }
      await beat().catch((error: unknown) => {
        if (!signal.aborted) telemetry.heartbeatFailed(host, codeOf(error));
      });
      await delay(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  const done = run();
  return {
    stop() {
      stopping.abort();
      return done;
    },
  };
}
