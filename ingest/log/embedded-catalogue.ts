/** What the embedded log knows about itself: its partitions and how far each group came. Held in memory, as on disk. */
import { COMPACTED_TOPICS, TOPICS, type Topic } from "../../schemas/topics.ts";
import type { Environment } from "./embedded-environment.ts";
import { EmbeddedPartition } from "./embedded-partition.ts";
import { frameHead } from "./frame.ts";

export class Catalogue {
  readonly #partitions = new Map<Topic, readonly EmbeddedPartition[]>();
  /** topic → group → committed offset of each partition. */
  readonly #positions = new Map<Topic, Map<string, number[]>>();

  constructor(environment: Environment, count: number) {
    for (const topic of Object.values(TOPICS)) {
      if (COMPACTED_TOPICS.includes(topic)) continue;
      this.#partitions.set(
        topic,
        Array.from({ length: count }, (_, partition) => loadPartition(environment, topic, partition)),
      );
      const groups = new Map<string, number[]>();
      for (const { key, value } of environment.meta.getRange(between("position", topic))) {
        const [group, partition] = [String(key[2]), Number(key[3])];
        groups.set(group, Object.assign(groups.get(group) ?? [], { [partition]: value }));
      }
      this.#positions.set(topic, groups);
    }
  }

  /** The partitions of a topic; undefined when it is compacted. */
  partitionsOf(topic: Topic): readonly EmbeddedPartition[] | undefined {
    return this.#partitions.get(topic);
  }

  all(): EmbeddedPartition[] {
    return [...this.#partitions.values()].flat();
  }

  /** The group's committed offset; undefined when it was never here. */
  position(group: string, topic: Topic, partition: number): number | undefined {
    return this.#positions.get(topic)?.get(group)?.[partition];
  }

  setPosition(group: string, topic: Topic, partition: number, offset: number): void {
    const groups = this.#positions.get(topic) ?? new Map<string, number[]>();
    this.#positions.set(topic, groups);
    const positions = groups.get(group) ?? [];
    groups.set(group, positions);
    positions[partition] = offset;
  }

  /** The offset that every known group of the topic has passed; undefined when no group was ever here. */
  passedByAll({ topic, partition, beginning }: EmbeddedPartition): number | undefined {
    const positions = [...(this.#positions.get(topic)?.values() ?? [])].map((p) => p[partition] ?? beginning);
    return positions.length === 0 ? undefined : Math.min(...positions);
  }
}

function loadPartition(environment: Environment, topic: Topic, partition: number): EmbeddedPartition {
  const { frames, meta } = environment;
  const low = [topic, partition, -1];
  const high = [topic, partition, Number.MAX_SAFE_INTEGER];
  let end = meta.get(["end", topic, partition]) ?? 0;
  for (const { key, value } of frames.getRange({ start: high, end: low, reverse: true, limit: 1 })) {
    end = Math.max(end, Number(key[2]) + frameHead(value).count);
  }
  let beginning = end;
  for (const key of frames.getKeys({ start: low, end: high, limit: 1 })) beginning = Number(key[2]);
  return new EmbeddedPartition(topic, partition, beginning, end);
}

/** Every key that starts with these parts and has more. */
function between(...parts: string[]): { start: (string | number)[]; end: (string | number)[] } {
  return { start: parts, end: [...parts, "\uffff"] };
}
