import type { Topic } from "../../../schemas/topics.ts";

/** What topics, groups and transactional ids are called on the broker: several installations may share a cluster under a prefix each. */
export interface Names {
  topic(topic: Topic): string;
  group(group: string): string;
  /**
   * The transactional id of a partition's owner. Whoever opens the same id fences its former holder, so it bears our
   * name: `intake-0` may be anybody's.
   */
  transaction(group: string, partition: number): string;
  /** The topic behind a name that `topic` made. */
  topicOf(name: string): Topic;
}

/** Without a prefix topics and groups have the name that they have in the code. */
export function createNames(prefix = ""): Names {
  return {
    topic: (topic) => prefix + topic,
    group: (group) => prefix + group,
    transaction: (group, partition) => `${prefix}watchkeeper-${group}-${partition}`,
    topicOf: (name) => name.slice(prefix.length) as Topic,
  };
}
