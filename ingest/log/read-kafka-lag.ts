import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { verdictOf } from "../../schemas/errors.ts";
import { GROUPS, TOPICS } from "../../schemas/topics.ts";
import { connectKafka } from "../kafka/client.ts";
import type { KafkaConnection } from "../kafka/connection.ts";
import { createAdmins } from "./kafka/admins.ts";
import { createNames } from "./kafka/names.ts";
import { withinTime } from "./kafka/time-limit.ts";
import { createWatermarks } from "./kafka/watermarks.ts";

export interface KafkaLagOptions {
  readonly connection: KafkaConnection;
  readonly logger: Logger;
  /** Before the names of topics and groups; default none. */
  readonly prefix?: string;
  /** Default 5,000. */
  readonly withinMs?: number;
}

const RETRY_MS = 250;

/**
 * How many records of the journal the group "store" has not stored yet: events, and the fewer control records and markers
 * of transactions among them. 0 where there is no journal; undefined when Kafka does not say in time. Only asks.
 */
export async function readKafkaLag(options: KafkaLagOptions): Promise<number | undefined> {
  const { connection, prefix, withinMs = 5_000 } = options;
  // That it does not answer is said once, by who asks.
  const logger = options.logger.child({}, { level: "silent" });
  const names = createNames(prefix);
  const admins = createAdmins(connectKafka({ connection, clientId: "watchkeeper-look", logger }));
  const watermarks = createWatermarks(admins, names, (ms) => delay(ms));

  async function ask(): Promise<number> {
    // Whoever asks for the offsets of a topic that is not there makes it.
    const topics = await admins.ask((admin) => admin.listTopics(), withinMs);
    if (!topics.includes(names.topic(TOPICS.journal))) return 0;
    const ends = await watermarks.of(TOPICS.journal);
    const committed = await watermarks.committed(GROUPS.store, TOPICS.journal);
    return [...ends].reduce((sum, [partition, { low, high }]) => {
      const position = committed.get(partition) ?? -1;
      return sum + Math.max(0, high - (position < 0 ? low : position));
    }, 0);
  }

  /** The first question to a fresh broker may come before its coordinator of groups is there. */
  async function askAgain(): Promise<number> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (verdictOf(error) !== "retry" || performance.now() - began > withinMs) throw error;
        await delay(RETRY_MS);
      }
    }
  }

  const began = performance.now();
  try {
    return await withinTime(askAgain(), withinMs, "the lag of the store");
  } catch {
    return undefined;
  } finally {
    await admins.close();
  }
}
