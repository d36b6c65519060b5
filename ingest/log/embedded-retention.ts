import type { Catalogue } from "./embedded-catalogue.ts";
import type { Environment } from "./embedded-environment.ts";
import type { EmbeddedPartition } from "./embedded-partition.ts";
import type { Writer } from "./embedded-writer.ts";
import { frameHead } from "./frame.ts";

/** Frames dropped in one transaction: appends get their turn in between. */
const FRAMES_AT_ONCE = 256;

/**
 * Drops whole frames from the start of every partition while they are older than `olderThan` (Unix ms) and every group
 * that ever read the topic has passed them. A topic that no group ever read keeps everything. Returns the records dropped.
 */
export async function dropOldFrames(
  environment: Environment,
  catalogue: Catalogue,
  writer: Writer,
  olderThan: number,
): Promise<number> {
  let dropped = 0;
  for (const partition of catalogue.all()) {
    for (;;) {
      const drop = oldFrames(environment, partition, catalogue.passedByAll(partition) ?? 0, olderThan);
      if (drop.bases.length === 0) break;
      const before = partition.beginning;
      await writer.submit({ drop });
      dropped += drop.beginning - before;
    }
  }
  return dropped;
}

function oldFrames({ frames }: Environment, from: EmbeddedPartition, passed: number, olderThan: number) {
  const bases: number[] = [];
  let beginning = from.beginning;
  const end = [from.topic, from.partition, from.end];
  for (const { key, value } of frames.getRange({
    start: [from.topic, from.partition, from.beginning],
    end,
    limit: FRAMES_AT_ONCE,
  })) {
    const { count, timestamp } = frameHead(value);
    const base = Number(key[2]);
    if (timestamp >= olderThan || base + count > passed) break;
    bases.push(base);
    beginning = base + count;
  }
  return { from, bases, beginning };
}
