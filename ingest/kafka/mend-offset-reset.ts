/**
 * A repair of kafkajs 2.2.4: a consumer whose position is gone commits "the beginning" (-2) over its group's position,
 * from which nobody can tell any more what was missed, and which readers with transactions never asked for. It goes on
 * at the oldest record, and what is committed stays.
 */
import { createRequire } from "node:module";

interface Place {
  readonly topic: string;
  readonly partition: number;
}

interface OffsetManager {
  readonly topicConfigurations: Readonly<Record<string, { readonly fromBeginning?: boolean }>>;
  readonly cluster: {
    fetchTopicsOffset(
      topics: readonly object[],
    ): Promise<readonly { readonly partitions: readonly { readonly offset: string }[] }[]>;
  };
  readonly autoCommit: boolean;
  resolveOffset(place: Place & { readonly offset: string }): void;
  setDefaultOffset(place: Place): Promise<void>;
}

const REPAIRED = Symbol.for("watchkeeper.mend-offset-reset");

/** Doing it again changes nothing. Consumers that commit by themselves are left as they are. */
export function mendOffsetReset(): void {
  const load = createRequire(import.meta.url);
  const { prototype } = load("kafkajs/src/consumer/offsetManager/index.js") as { prototype: OffsetManager };
  const original = prototype.setDefaultOffset;
  if (typeof original !== "function" || REPAIRED in original) return;
  const mended = async function (this: OffsetManager, { topic, partition }: Place): Promise<void> {
    if (this.autoCommit) return original.call(this, { topic, partition });
    const wanted = { ...this.topicConfigurations[topic], topic, partitions: [{ partition }] };
    const offset = (await this.cluster.fetchTopicsOffset([wanted]))[0]?.partitions[0]?.offset;
    // It takes the last offset that was read and goes on after it.
    if (offset !== undefined) this.resolveOffset({ topic, partition, offset: String(BigInt(offset) - 1n) });
  };
  prototype.setDefaultOffset = Object.assign(mended, { [REPAIRED]: true });
}
