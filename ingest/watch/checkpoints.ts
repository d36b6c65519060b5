/** When a partition's state is written: every few seconds a sweep, and a whole one at the end. */
import type { Commit } from "../log/event-log.ts";
import type { WatchCore } from "./core.ts";
import { createSweep, type Sweep } from "./sweep.ts";
import type { WatchTelemetry } from "./telemetry.ts";

export interface CheckpointOptions {
  readonly core: Pick<WatchCore, "takeDirty" | "save" | "isShared">;
  readonly commit: (commit: Commit) => Promise<boolean>;
  /** The group's offset as it is committed now. */
  readonly committed: number;
  /** The next offset to judge; everything before it is judged and its outputs are durable. */
  readonly next: () => number;
  readonly now: () => number;
  readonly everyMs: number;
  readonly telemetry: WatchTelemetry;
}

export interface Checkpoints {
  /** Writes a slice when one is due; true when the sweep goes on. Never while outputs wait to be durable. */
  step(): Promise<boolean>;
  /** Ends the sweep under way, then writes all that is dirty. */
  finish(): Promise<void>;
}

export function createCheckpoints(options: CheckpointOptions): Checkpoints {
  const { core, commit, next, now, everyMs, telemetry } = options;
  let { committed } = options;
  let begunAt = now();
  let sweep: Sweep | undefined;
  let onComplete: () => void = () => {};

  /** Nothing was judged since the last one: nothing is dirty, and the offset is not to move back into a replay. */
  function begin(): boolean {
    if (next() <= committed) return false;
    begunAt = now();
    const keys = core.takeDirty();
    const taken = telemetry.checkpointStarted();
    onComplete = () => taken(keys.length);
    const isShared = (key: string) => core.isShared?.(key) ?? false;
    sweep = createSweep({ offset: next(), keys, save: (key) => core.save(key), isShared, commit });
    return true;
  }

  async function advance(current: Sweep): Promise<boolean> {
    const outcome = await current.step();
    if (outcome === "more") return true;
    sweep = undefined;
    if (outcome === "complete") {
      committed = current.offset;
      onComplete();
    }
    return false;
  }

  async function complete(): Promise<void> {
    while (sweep !== undefined) await advance(sweep);
  }

  return {
    async step() {
      if (sweep === undefined && (now() < begunAt + everyMs || !begin())) return false;
      return sweep !== undefined && advance(sweep);
    },
    async finish() {
      await complete();
      begin();
      await complete();
    },
  };
}
