/** Where a group stands in a partition, asked by who has just fenced its former owner. */
import type { Logger } from "pino";
import type { Topic } from "../../../schemas/topics.ts";
import type { Watermarks } from "./watermarks.ts";

interface PositionOptions {
  readonly group: string;
  readonly topic: Topic;
  readonly partition: number;
  readonly watermarks: Pick<Watermarks, "committed" | "settled">;
  readonly sleep: (ms: number) => Promise<void>;
  readonly logger: Pick<Logger, "warn">;
}

const PAUSE_MS = 100;
/** What the former owner left ends with the fencing, so a moment is enough; some brokers lose its end (KAFKA-20734). */
const TRIES = 50;

/**
 * The committed offset once no transaction that moves it is under way; -1: never committed. After five seconds that
 * offset which the broker shows meanwhile. Rejects with what `Watermarks` rejects with.
 */
export async function positionOf(options: PositionOptions): Promise<number> {
  const { group, topic, partition, watermarks, sleep, logger } = options;
  for (let tries = 0; tries < TRIES; tries++) {
    const position = await watermarks.settled(group, topic, partition);
    if (position !== undefined) return position;
    await sleep(PAUSE_MS);
  }
  logger.warn(
    { group, topic, partition },
    "a transaction of the group does not end; its position is taken as it shows",
  );
  return (await watermarks.committed(group, topic)).get(partition) ?? -1;
}
