import type { Topic } from "../../../schemas/topics.ts";

/** What topics and groups are called on the broker: several installations may share a cluster under a prefix each. */
export interface Names {
  topic(topic: Topic): string;
  group(group: string): string;
  /** The topic behind a name that `topic` made. */
  topicOf(name: string): Topic;
}

/** Without a prefix everything has the name that it has in the code. */
export function createNames(prefix = ""): Names {
  return {
    topic: (topic) => prefix + topic,
    group: (group) => prefix + group,
    topicOf: (name) => name.slice(prefix.length) as Topic,
  };
}
