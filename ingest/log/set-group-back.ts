/** Puts a consumer group back to where it stood: after a restore it must read again what the restored store lacks. */
import type { Logger } from "pino";
import { WatchkeeperError } from "../../schemas/errors.ts";
import type { Topic } from "../../schemas/topics.ts";
import { connectKafka } from "../kafka/client.ts";
import type { KafkaConnection } from "../kafka/connection.ts";
import { createAdmins } from "./kafka/admins.ts";
import { createNames } from "./kafka/names.ts";

interface GroupPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface SetGroupBackOptions {
  readonly connection: KafkaConnection;
  readonly group: string;
  readonly positions: readonly GroupPosition[];
  /** Before the names of topics and groups; default none. */
  readonly prefix?: string;
  readonly logger: Logger;
}

/** Of one topic: kafkajs joins the group for it. */
const WITHIN_MS = 60_000;

/** The group must have no members: then and when Kafka does not answer rejects with `group_not_set_back`. */
export async function setGroupBack(options: SetGroupBackOptions): Promise<void> {
  const { connection, group, positions, prefix, logger } = options;
  const names = createNames(prefix);
  const admins = createAdmins(connectKafka({ connection, clientId: "watchkeeper-restore", logger }));
  try {
    for (const topic of new Set(positions.map((one) => one.topic))) {
      const partitions = positions
        .filter((one) => one.topic === topic)
        .map(({ partition, offset }) => ({ partition, offset: String(offset) }));
      const groupId = names.group(group);
      const place = { groupId, topic: names.topic(topic as Topic), partitions };
      await admins.ask((admin) => admin.setOffsets(place), WITHIN_MS);
    }
  } catch (error) {
    throw new WatchkeeperError(`The consumer group "${group}" could not be put back to where the backup was made.`, {
      code: "group_not_set_back",
      hint: "Nothing was restored, because what came after the backup would not be stored. Stop every process of the group, and restore again.",
      cause: error,
    });
  } finally {
    await admins.close();
  }
}
