import { existsSync } from "node:fs";
import { join } from "node:path";
import { GROUPS, TOPICS } from "../../schemas/topics.ts";
import { Catalogue } from "./embedded-catalogue.ts";
import { type Environment, openEnvironment } from "./embedded-environment.ts";
import type { EmbeddedPartition } from "./embedded-partition.ts";
import { FrameReader } from "./embedded-reader.ts";

/** Up to here records are read to tell events from control records; a count beyond it takes all for events. */
const EXACT_RECORDS = 200_000;
/** Bytes of values looked at in one go. */
const READ_BYTES = 1024 * 1024;
/** How the journal's record of an event begins. */
const EVENT = Buffer.from('{"type":"event"');

/**
 * How many events of the journal in `directory` the group "store" has not stored yet; of more than 200,000 records the
 * few control records among them are counted too. Only reads, so it may be asked by a looking command while no `up`
 * runs. 0 where there is no log.
 */
export async function readLogLag(directory: string): Promise<number> {
  if (!existsSync(join(directory, "data.mdb"))) return 0;
  const environment = await openEnvironment(directory, "read only");
  try {
    const catalogue = new Catalogue(environment, environment.meta.get(["partitions"]) ?? 0);
    const behind = (catalogue.partitionsOf(TOPICS.journal) ?? []).map((partition) => {
      const from = catalogue.position(GROUPS.store, TOPICS.journal, partition.partition) ?? partition.beginning;
      return { partition, from, records: partition.end - from };
    });
    const records = behind.reduce((sum, each) => sum + each.records, 0);
    if (records > EXACT_RECORDS) return records;
    return behind.reduce((sum, { partition, from }) => sum + eventsFrom(environment, partition, from), 0);
  } finally {
    await environment.close();
  }
}

function eventsFrom(environment: Environment, partition: EmbeddedPartition, from: number): number {
  const reader = new FrameReader(environment, partition, from);
  let events = 0;
  for (let batch = reader.read(READ_BYTES); batch.length > 0; batch = reader.read(READ_BYTES)) {
    events += batch.filter(({ value }) => value.subarray(0, EVENT.length).equals(EVENT)).length;
  }
  return events;
}
