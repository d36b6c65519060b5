/**
 * Whether the topics on the broker are as they must be: what breaks a promise is refused with the command that mends it,
 * the rest is said. Only retention is changed, and only to keep records longer: to keep them for less time deletes some.
 */
import kafkajs, { type Admin, type DescribeConfigResponse } from "kafkajs";
import type { Logger } from "pino";
import { messageOf, WatchkeeperError } from "../../../schemas/errors.ts";
import type { Topic } from "../../../schemas/topics.ts";
import type { Names } from "./names.ts";

interface TopicToCheck {
  readonly topic: Topic;
  /** Written by this program alone; the inlet is anyone's. */
  readonly isOurs: boolean;
  /** As it would be created. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface TopicCheck {
  readonly admin: Admin;
  readonly names: Names;
  readonly logger: Pick<Logger, "info" | "warn">;
  readonly topics: readonly TopicToCheck[];
  /** Copies that are wanted. */
  readonly replication: number;
  /** As configured; default by the copies that a topic has. */
  readonly minInsyncReplicas: number | undefined;
}

type Entry = DescribeConfigResponse["resources"][number]["configEntries"][number];

/** Arrival by the broker's clock, state that is compacted. */
const MUST_BE = ["message.timestamp.type", "cleanup.policy"];

const LARGEST = "max.message.bytes";
const INSYNC = "min.insync.replicas";
const RETENTION = "retention.ms";

/** Copies that must have a record before it counts as written, of so many: one may be lost where there are three. */
export function defaultInsync(copies: number): number {
  return copies >= 3 ? 2 : 1;
}

/** Error: `kafka_topic_misconfigured`. */
export async function checkTopics(check: TopicCheck): Promise<void> {
  const { admin, names, topics } = check;
  const copies = await copiesOf(check);
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map(({ topic }) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name: names.topic(topic) })),
  });
  for (const { resourceName, configEntries } of resources) {
    const wanted = topics.find(({ topic }) => names.topic(topic) === resourceName);
    if (wanted === undefined) continue;
    checkSettings(resourceName, wanted, configEntries);
    checkCopies(resourceName, wanted, configEntries, copies.get(resourceName) ?? 0, check);
    await checkRetention(resourceName, wanted, configEntries, check);
  }
}

/** Of each topic, by its name on the broker: the fewest that one of its partitions has. */
async function copiesOf({ admin, names, topics }: TopicCheck): Promise<Map<string, number>> {
  const found = await admin.fetchTopicMetadata({ topics: topics.map(({ topic }) => names.topic(topic)) });
  return new Map(
    found.topics.map(({ name, partitions }) => [name, Math.min(...partitions.map(({ replicas }) => replicas.length))]),
  );
}

function settingOf(entries: readonly Entry[], name: string): string | undefined {
  return entries.find(({ configName }) => configName === name)?.configValue;
}

function checkSettings(name: string, { settings, isOurs }: TopicToCheck, entries: readonly Entry[]): void {
  for (const setting of MUST_BE) {
    const [found, must] = [settingOf(entries, setting), settings[setting]];
    if (must !== undefined && found !== undefined && found !== must) throw differs(name, setting, found, must);
  }
  const [bytes, needed] = [settingOf(entries, LARGEST), settings[LARGEST]];
  if (!isOurs || needed === undefined || bytes === undefined || Number(bytes) >= Number(needed)) return;
  // A record that the broker refuses for its size would be tried again for ever.
  throw differs(name, LARGEST, bytes, needed, "at least ");
}

function differs(name: string, setting: string, found: string, must: string, word = ""): WatchkeeperError {
  return new WatchkeeperError(`Topic ${name} has ${setting}=${found}; it must be ${word}${must}.`, {
    code: "kafka_topic_misconfigured",
    hint: alterCommand(name, setting, must),
  });
}

const alterCommand = (name: string, setting: string, value: string): string =>
  `kafka-configs.sh --alter --topic ${name} --add-config ${setting}=${value}`;

/** What is on fewer disks than promised before it counts as written is lost with them; more than there are writes nothing. */
function checkCopies(
  name: string,
  { isOurs }: TopicToCheck,
  entries: readonly Entry[],
  copies: number,
  { replication, minInsyncReplicas, logger }: TopicCheck,
): void {
  const found = settingOf(entries, INSYNC);
  const must = minInsyncReplicas ?? defaultInsync(copies);
  if (isOurs && found !== undefined && Number(found) < must) throw differs(name, INSYNC, found, `${must}`, "at least ");
  if (isOurs && Number(found) > copies) {
    throw new WatchkeeperError(`Topic ${name} has ${INSYNC}=${found} and ${copies} copies: nothing can be written.`, {
      code: "kafka_topic_misconfigured",
      hint: `Give it more copies (kafka-reassign-partitions.sh), or: ${alterCommand(name, INSYNC, `${copies}`)}`,
    });
  }
  if (copies < replication) {
    logger.warn(
      { topic: name, copies, wanted: replication },
      "a topic has fewer copies than wanted; kafka-reassign-partitions.sh gives it more",
    );
  }
  if (!isOurs && Number(found) < must) {
    logger.warn(
      { topic: name, [INSYNC]: found, wanted: must },
      "what is produced to the inlet may be lost with a broker",
    );
  }
}

async function checkRetention(
  name: string,
  { isOurs, settings }: TopicToCheck,
  entries: readonly Entry[],
  { admin, logger }: TopicCheck,
): Promise<void> {
  const [found, wanted] = [settingOf(entries, RETENTION), settings[RETENTION]];
  if (found === undefined || wanted === undefined || found === wanted) return;
  const command = alterCommand(name, RETENTION, wanted);
  const isLonger = Number(found) >= 0 && Number(wanted) > Number(found);
  if (!isOurs || !isLonger) {
    logger.warn({ topic: name, found, wanted, command }, "a topic keeps its records for another time than configured");
    return;
  }
  try {
    await alter(admin, name, entries, RETENTION, wanted);
    logger.info({ topic: name, from: found, to: wanted }, "a topic keeps its records longer now, as configured");
  } catch (error) {
    const said = { topic: name, found, wanted, command, error: messageOf(error) };
    logger.warn(said, "a topic keeps its records for less time than configured, and that could not be changed");
  }
}

/** The request replaces all that is set on the topic, so the rest goes along as it is. */
async function alter(admin: Admin, name: string, entries: readonly Entry[], setting: string, value: string) {
  const set = entries.filter(({ configSource }) => configSource === kafkajs.ConfigSource.TOPIC_CONFIG);
  const rest = set.filter(({ configName }) => configName !== setting);
  const configEntries = [
    ...rest.map(({ configName, configValue }) => ({ name: configName, value: configValue })),
    { name: setting, value },
  ];
  const type = kafkajs.ConfigResourceTypes.TOPIC;
  await admin.alterConfigs({ validateOnly: false, resources: [{ type, name, configEntries }] });
}
