import { existsSync } from "node:fs";
import { join } from "node:path";
import { GROUPS, TOPICS } from "../../schemas/topics.ts";
import { Catalogue } from "./embedded-catalogue.ts";
import { openEnvironment } from "./embedded-environment.ts";

/**
 * How many journal records of the log in `directory` the group "store" has not stored yet. Only reads, so it may be
 * asked by a looking command while no `up` runs. 0 where there is no log.
 */
export async function readLogLag(directory: string): Promise<number> {
  if (!existsSync(join(directory, "data.mdb"))) return 0;
  const environment = await openEnvironment(directory, "read only");
  try {
    const catalogue = new Catalogue(environment, environment.meta.get(["partitions"]) ?? 0);
    const partitions = catalogue.partitionsOf(TOPICS.journal) ?? [];
    return partitions.reduce((sum, { partition, beginning, end }) => {
      return sum + end - (catalogue.position(GROUPS.store, TOPICS.journal, partition) ?? beginning);
    }, 0);
  } finally {
    await environment.close();
  }
}
