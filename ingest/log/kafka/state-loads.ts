/** All state of a partition, each topic read to its end. */
import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { messageOf, WatchkeeperError } from "../../../schemas/errors.ts";
import type { Topic } from "../../../schemas/topics.ts";
import { fenced } from "./errors.ts";
import type { Fetched, Fetching } from "./owner.ts";
import { BARRIER_KEY, createStateLoad, type StateLoad } from "./state-load.ts";
import type { Outgoing, Unreadable } from "./wire.ts";

/** Every key's newest value, by topic. */
export type LoadedState = ReadonlyMap<Topic, ReadonlyMap<string, Buffer>>;

export interface StateLoadsOptions {
  readonly group: string;
  readonly partition: number;
  readonly state: readonly Topic[];
  readonly fetching: Fetching;
  readonly write: (messages: readonly Outgoing[]) => Promise<void>;
  /** The oldest offset that is held. */
  readonly lowOf: (topic: Topic) => Promise<number>;
  readonly isClosing: () => boolean;
  readonly sleep: (ms: number) => Promise<void>;
  readonly logger: Pick<Logger, "warn">;
}

export interface StateLoads {
  /** Rejects with `fenced` when the partition is to be taken anew, with `state_unreadable` (fatal). */
  readAll(): Promise<LoadedState>;
  /** What was fetched; false: it is not wanted now. */
  put(fetched: Fetched): boolean;
  /** After a rebalance in which the partition was kept: fetching goes on where it was. */
  reposition(): void;
  cancel(): void;
}

/** State that does not come for so long does not come. */
const STALL_MS = 15_000;

export function createStateLoads(options: StateLoadsOptions): StateLoads {
  const { group, partition, state, fetching } = options;
  const loads = new Map<Topic, StateLoad>();

  /** Its state, or `fenced` when reading it stands still: the partition is then taken anew. */
  async function readToEnd(topic: Topic, load: StateLoad): Promise<ReadonlyMap<string, Buffer>> {
    for (let at = -1; ; at = load.next) {
      await Promise.race([load.done, options.sleep(STALL_MS)]);
      if (load.isDone) return await load.done;
      if (load.next === at) {
        options.logger.warn({ group, topic, partition, at }, "reading the state stands still; it is begun anew");
        throw fenced(group, topic, partition);
      }
    }
  }

  return {
    async readAll() {
      if (state.length === 0) return new Map();
      const barrier = randomUUID();
      await options.write(state.map((topic) => ({ topic, partition, key: BARRIER_KEY, value: barrier })));
      for (const topic of state) {
        const low = await options.lowOf(topic);
        if (options.isClosing()) throw fenced(group, topic, partition);
        loads.set(topic, createStateLoad(barrier, low));
        fetching.from(topic, partition, low);
      }
      const loaded = await Promise.all(
        [...loads].map(async ([topic, load]) => [topic, await readToEnd(topic, load)] as const),
      );
      loads.clear();
      for (const topic of state) fetching.pause(topic, partition);
      return new Map(loaded);
    },
    put({ topic, records, next, unreadable }) {
      const load = loads.get(topic);
      if (load === undefined || load.isDone) return false;
      const [first] = unreadable;
      if (first === undefined) load.put(records, next);
      else load.cancel(stateUnreadable(topic, partition, first));
      return true;
    },
    reposition() {
      for (const [topic, load] of loads) if (!load.isDone) fetching.from(topic, partition, load.next);
    },
    cancel() {
      for (const load of loads.values()) load.cancel(fenced(group, "", partition));
    },
  };
}

/** Without a part of its state an owner would tell incidents anew and forget what was spent. */
function stateUnreadable(topic: Topic, partition: number, { from, to, error }: Unreadable): WatchkeeperError {
  return new WatchkeeperError(
    `State in ${topic}/${partition}, offsets ${from} to ${to - 1}, cannot be read: ${messageOf(error)}`,
    {
      code: "state_unreadable",
      hint: `Only Watchkeeper may write into ${topic}. Take write access from everybody else; to go on without what stands up to there, delete the partition's records below offset ${to} with kafka-delete-records.sh.`,
      cause: error,
    },
  );
}
