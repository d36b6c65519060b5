/** Wakes a follower when something in its folder changed, and now and then anyway. */
import { type FSWatcher, watch } from "node:fs";
import { dirname } from "node:path";

export interface Wake {
  /** Resolves at the next change (one since the last wait counts), after the poll time, or when stopped. */
  wait(): Promise<void>;
  close(): void;
}

/** Works by the poll alone where the system cannot watch (network file systems, no watches left). */
export function createWake(
  path: string,
  pollMs: number,
  sleep: (ms: number, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Wake {
  let changed = false;
  let rouse = new AbortController();
  const notice = () => {
    changed = true;
    rouse.abort();
  };
  signal.addEventListener("abort", notice, { once: true });
  const watcher = tryWatch(dirname(path), notice);
  return {
    async wait() {
      if (!changed && !signal.aborted) await sleep(pollMs, rouse.signal);
      changed = false;
      if (rouse.signal.aborted) rouse = new AbortController();
    },
    close() {
      signal.removeEventListener("abort", notice);
      watcher?.close();
    },
  };
}

function tryWatch(directory: string, notice: () => void): FSWatcher | undefined {
  try {
    return watch(directory, { persistent: false }, notice).on("error", () => undefined);
  } catch {
    return undefined;
  }
}
