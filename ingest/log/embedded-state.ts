/** Compacted topics of the embedded log: the newest value of each key, found by the key's hash (keys have any length). */
import { hash } from "node:crypto";
import type { Topic } from "../../schemas/topics.ts";
import type { Environment } from "./embedded-environment.ts";

/** A put into the owner's partition of a compacted topic; null removes the key. */
export interface PartitionPut {
  readonly topic: Topic;
  readonly partition: number;
  readonly key: string;
  readonly value: string | null;
}

/** Keys looked at in one short read of the database. */
const KEYS_AT_ONCE = 256;

/** One of the puts of a transaction. */
export function putState({ state }: Environment, { topic, partition, key, value }: PartitionPut): void {
  const id = [topic, partition, hash("sha256", key, "base64url")];
  if (value === null) {
    state.remove(id);
    return;
  }
  const keyBytes = Buffer.byteLength(key);
  const bytes = Buffer.allocUnsafeSlow(4 + keyBytes + Buffer.byteLength(value));
  bytes.writeUInt32LE(keyBytes);
  bytes.write(key, 4);
  bytes.write(value, 4 + keyBytes);
  state.put(id, bytes);
}

/** All entries of a partition, in no particular order, in bounded reads with the event loop free in between. */
export async function* readState({ state }: Environment, topic: Topic, partition: number) {
  const end = [topic, partition, "\uffff"];
  let start: (string | number)[] = [topic, partition, ""];
  for (;;) {
    const ids = [...state.getKeys({ start, end, exclusiveStart: true, limit: KEYS_AT_ONCE })];
    for (const id of ids) {
      const bytes = state.getBinary(id);
      if (bytes === undefined) continue;
      const valueAt = 4 + bytes.readUInt32LE();
      yield [bytes.toString("utf8", 4, valueAt), bytes.subarray(valueAt)] as const;
    }
    const last = ids.at(-1);
    if (last === undefined) return;
    start = last;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
