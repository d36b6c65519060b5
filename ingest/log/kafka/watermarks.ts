/** How far the partitions of a topic and the positions of a group reach, as the broker says now. */
import type { Admin } from "kafkajs";
import { verdictOf } from "../../../schemas/errors.ts";
import type { Topic } from "../../../schemas/topics.ts";
import { onlySettled } from "../../kafka/mend-offset-fetch.ts";
import type { Admins } from "./admins.ts";
import { unavailable } from "./errors.ts";
import type { Names } from "./names.ts";

export interface Watermark {
  /** The oldest offset that is still held. */
  readonly low: number;
  /** After the newest record, or after the marker of the newest transaction. */
  readonly high: number;
}

/** Rejects with `log_unavailable` in seconds when no broker answers. */
export interface Watermarks {
  /** By partition. Who asks while an answer is on its way gets the same. */
  of(topic: Topic): Promise<ReadonlyMap<number, Watermark>>;
  /** The first offset that was appended at this moment (Unix ms) or later, by partition; where none was, the end. */
  since(topic: Topic, at: number): Promise<ReadonlyMap<number, number>>;
  /** Committed offsets of a group by partition, as of before any transaction under way; -1: never committed. */
  committed(group: string, topic: Topic): Promise<ReadonlyMap<number, number>>;
  /** The committed offset of one partition; undefined while a transaction that moves it is under way. */
  settled(group: string, topic: Topic, partition: number): Promise<number | undefined>;
}

type Ask = typeof onlySettled;

/** A partition's leader may move between two questions: what kafkajs knew of it is asked for anew that often. */
const TRIES = 4;
const PAUSE_MS = 250;

export function createWatermarks(admins: Admins, names: Names, sleep: (ms: number) => Promise<unknown>): Watermarks {
  const asked = new Map<Topic, Promise<ReadonlyMap<number, Watermark>>>();

  async function ask(topic: Topic): Promise<ReadonlyMap<number, Watermark>> {
    const offsets = await patiently((admin) => admin.fetchTopicOffsets(names.topic(topic)));
    return new Map(offsets.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]));
  }

  async function patiently<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await admins.ask(question).catch(unknownPasses);
      } catch (error) {
        if (verdictOf(error) !== "retry" || tries === TRIES) throw error;
        await sleep(PAUSE_MS);
      }
    }
  }

  async function committed(group: string, topic: Topic, ask: Ask = (question) => question()) {
    const place = { groupId: names.group(group), topics: [names.topic(topic)] };
    const [found] = await admins.ask((admin) => ask(() => admin.fetchOffsets(place)));
    return new Map((found?.partitions ?? []).map(({ partition, offset }) => [partition, Number(offset)]));
  }

  return {
    of(topic) {
      const running = asked.get(topic);
      if (running !== undefined) return running;
      const answer = ask(topic).finally(() => asked.delete(topic));
      asked.set(topic, answer);
      return answer;
    },
    async since(topic, at) {
      const found = await patiently((admin) => admin.fetchTopicOffsetsByTimestamp(names.topic(topic), at));
      return new Map(found.map(({ partition, offset }) => [partition, Number(offset)]));
    },
    committed: (group, topic) => committed(group, topic),
    settled: async (group, topic, partition) => (await committed(group, topic, onlySettled)).get(partition),
  };
}

/** kafkajs stumbles over a topic of which it has heard nothing yet. */
function unknownPasses(error: unknown): never {
  const { cause } = error as {
    readonly cause?: { readonly name?: unknown; readonly cause?: { readonly name?: unknown } };
  };
  if (cause?.name === "TypeError" || cause?.cause?.name === "TypeError") {
    throw unavailable("Kafka: the partitions of a topic are not known yet.");
  }
  throw error;
}
