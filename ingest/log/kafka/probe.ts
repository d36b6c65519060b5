/** Whether Kafka would take records, asked without a record. */
import { TOPICS } from "../../../schemas/topics.ts";
import type { Admins } from "./admins.ts";
import { unavailable } from "./errors.ts";
import type { Names } from "./names.ts";
import { defaultInsync } from "./topic-check.ts";
import type { Watermarks } from "./watermarks.ts";

export interface ProbeOptions {
  readonly admins: Pick<Admins, "ask">;
  readonly watermarks: Pick<Watermarks, "of">;
  readonly names: Pick<Names, "topic">;
  /** As it is set; default: what topics that we make get. */
  readonly minInsyncReplicas?: number | undefined;
}

/** Resolves when each partition of the journal has a leader and as many copies in sync as a record needs. */
export function createProbe({ admins, watermarks, names, minInsyncReplicas }: ProbeOptions): () => Promise<void> {
  return async () => {
    // Only a leader answers that.
    await watermarks.of(TOPICS.journal);
    const topic = names.topic(TOPICS.journal);
    const { topics } = await admins.ask((admin) => admin.fetchTopicMetadata({ topics: [topic] }));
    const partitions = topics.flatMap((found) => found.partitions);
    const isShort = partitions.some(
      ({ isr, replicas }) => isr.length < (minInsyncReplicas ?? defaultInsync(replicas.length)),
    );
    if (isShort) throw unavailable(`Kafka: too few copies of ${topic} are in sync.`);
  };
}
