/**
 * A repair of kafkajs 2.2.4: its request queue sets a timer for "now minus now" after every answer, which fires every
 * millisecond for as long as the connection lives (Node 24 warns of the negative time), costs processor time when
 * nothing happens, and keeps the process alive. A check is due only while requests wait.
 */
import { createRequire } from "node:module";

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}

const REPAIRED = Symbol.for("watchkeeper.calm-request-queue");

/** Doing it again changes nothing; a version that has no such method is left alone. */
export function calmRequestQueue(): void {
  const load = createRequire(import.meta.url);
  const { prototype } = load("kafkajs/src/network/requestQueue/index.js") as { prototype: RequestQueue };
  const schedule = prototype.scheduleCheckPendingRequests;
  if (typeof schedule !== "function" || REPAIRED in schedule) return;
  const calm = function (this: RequestQueue): void {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
  };
  prototype.scheduleCheckPendingRequests = Object.assign(calm, { [REPAIRED]: true });
}
