import { messageOf, WatchkeeperError } from "../../schemas/errors.ts";

/** ENOSPC, EDQUOT, EFBIG, LMDB's MDB_MAP_FULL, and EIO, which is what LMDB makes of a write that was cut short. */
const NO_ROOM = new Set([28, 122, 27, -30792, 5]);

/** Turns a failed write of the embedded log into an error with a verdict: only a full disk is worth a retry. */
export function classifyLogFailure(cause: unknown): WatchkeeperError {
  const code = cause instanceof Error && "code" in cause ? Number(cause.code) : Number.NaN;
  if (NO_ROOM.has(code)) {
    return new WatchkeeperError("The disk of the data directory is full or failing; nothing of this was written", {
      code: "disk_full",
      hint: "Free some space; what was refused is accepted again as soon as there is room",
      verdict: "retry",
      retryAfterMs: 5000,
      cause,
    });
  }
  return new WatchkeeperError(`The event log cannot write: ${messageOf(cause)}`, { code: "log_failed", cause });
}

/** More than `limits` allows is held; consumers and retention make room. */
export function logFull(usedBytes: number, limitBytes: number): WatchkeeperError {
  return new WatchkeeperError(`The event log is full: ${usedBytes} of ${limitBytes} bytes`, {
    code: "log_full",
    hint: "Room comes back when the store has caught up and old records are dropped",
    verdict: "retry",
    retryAfterMs: 1000,
  });
}

/** More waits for the disk than memory should hold. */
export function logBusy(): WatchkeeperError {
  return new WatchkeeperError("The disk does not keep up with the event log", {
    code: "log_busy",
    verdict: "retry",
    retryAfterMs: 1000,
  });
}

export function logClosed(): WatchkeeperError {
  return new WatchkeeperError("The event log is closed", { code: "log_closed" });
}

/** The partition has another owner by now, or its group was stopped. */
export function fenced(group: string, topic: string, partition: number): WatchkeeperError {
  return new WatchkeeperError(`Group ${group} has given up ${topic}/${partition}; its commit is refused`, {
    code: "fenced",
  });
}

/** Compacted topics hold the newest value of a key: they are written by `puts` and read by `readState`. */
export function compactedTopic(topic: string): WatchkeeperError {
  return new WatchkeeperError(`Topic ${topic} is compacted: it is written by puts and read as state`, {
    code: "compacted_topic",
  });
}

/** Only compacted topics keep state. */
export function notCompacted(topic: string): WatchkeeperError {
  return new WatchkeeperError(`Topic ${topic} is not compacted: it takes appends, not puts`, { code: "not_compacted" });
}
