import type { Clock } from "../clock.ts";
import type { Sink } from "../sinks/sink.ts";
import type { AlertingTelemetry } from "../telemetry.ts";
import type { Bucket } from "./pace.ts";
import type { Telling } from "./telling.ts";

/** What the channels of one sink share. */
export interface ChannelContext {
  readonly sink: Sink;
  readonly clock: Clock;
  readonly random: () => number;
  readonly telemetry: AlertingTelemetry;
  /** More openings than three within this are told together; 0: each alone. */
  readonly groupForMs: number;
  /** What was decided longer ago before it is first told belongs to an outage: one summary tells all of it. */
  readonly lateAfterMs: number;
  /** 0: no reminders. */
  readonly repeatEveryMs: number;
  /** A channel that refuses is tried again this often. */
  readonly refusedRetryMs: number;
  /** Edits of the whole sink. */
  readonly edits: Bucket;
  /** The sink refuses this: show it where somebody may see it. */
  readonly showElsewhere: (telling: Telling) => void;
  /** Nothing waits for this telling any more. */
  readonly settled: (telling: Telling) => void;
}
