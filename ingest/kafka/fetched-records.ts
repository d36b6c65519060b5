/**
 * The record batches of one partition in a fetch answer (Kafka protocol guide, "Record Batch"), as kafkajs's messages.
 *
 * MUST
 * - What an aborted transaction wrote is marked, whatever the order of the aborted ones in the answer: brokers list
 *   them in the order in which they ended, kafkajs 2.2.4 takes the list for sorted by where they began and takes one of
 *   it a record. Read its way, aborted records are handed over and committed ones are not.
 * - The position moves past every batch, also past one that compaction left empty or that nobody can unpack.
 * - An answer of four mebibytes may unpack to a thousand times as much: what is over a budget comes with the next.
 */

export interface BatchContext {
  readonly producerId: string;
  readonly inTransaction: boolean;
  readonly isControlBatch: boolean;
}

/** A message as kafkajs passes it on; one with `isControlRecord` moves the position and is given to nobody. */
export interface FetchedMessage {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | Buffer[] | undefined>>;
  isControlRecord: boolean;
  readonly batchContext: BatchContext;
  /** It stands for a whole batch that cannot be read, up to its own offset. */
  readonly unreadable?: { readonly from: number; readonly error: unknown };
}

export interface AbortedTransaction {
  readonly producerId: string;
  readonly firstOffset: string;
}

/** Reads one batch. */
export type DecodeBatch = (batch: Buffer) => Promise<readonly FetchedMessage[]>;

/** Offset, length, leader epoch, magic, checksum, attributes, last offset delta, times, producer, sequence, count. */
const HEADER_BYTES = 61;
const AT = { length: 8, magic: 16, attributes: 21, lastOffsetDelta: 23, producerId: 43 } as const;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
/** Key of a marker that ends a transaction without effect: version 0, type 0. */
const ABORT_MARKER = Buffer.from([0, 0, 0, 0]);

/** Whether these are batches of the format that has been written since Kafka 0.11. */
export function isBatches(bytes: Buffer): boolean {
  return bytes.length <= AT.magic || bytes[AT.magic] === 2;
}

/** What the batches of one answer may still unpack to. */
export interface Budget {
  bytes: number;
}

/** Of one answer; the batch that passes it is read to its end. */
export const BUDGET_BYTES = 64 * 1024 ** 2;
/** What a message costs beside its bytes. */
const MESSAGE_BYTES = 200;

/** Every message; a batch that was cut short by the size of the answer, or is over the budget, comes with the next. */
export async function readBatches(bytes: Buffer, decode: DecodeBatch, budget: Budget): Promise<FetchedMessage[]> {
  const messages: FetchedMessage[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length && budget.bytes > 0; ) {
    const end = at + 12 + bytes.readInt32BE(at + AT.length);
    if (end > bytes.length || end <= at) break;
    const batch = bytes.subarray(at, end);
    let unreadable: FetchedMessage["unreadable"];
    try {
      for (const message of await decode(batch)) {
        messages.push(message);
        budget.bytes -= MESSAGE_BYTES + (message.key?.length ?? 0) + (message.value?.length ?? 0);
      }
    } catch (error) {
      unreadable = { from: Number(batch.readBigInt64BE(0)), error };
    }
    const last = String(batch.readBigInt64BE(0) + BigInt(batch.readInt32BE(AT.lastOffsetDelta)));
    if (messages.at(-1)?.offset !== last) messages.push(placeholder(batch, last, unreadable));
    at = end;
  }
  return messages;
}

/** Holds the last offset of a batch whose last records are gone, or all of them. */
function placeholder(batch: Buffer, offset: string, unreadable: FetchedMessage["unreadable"]): FetchedMessage {
  const attributes = batch.readInt16BE(AT.attributes);
  return {
    ...{ offset, timestamp: "0", key: null, value: null, headers: {} },
    isControlRecord: unreadable === undefined,
    batchContext: {
      producerId: String(batch.readBigInt64BE(AT.producerId)),
      inTransaction: (attributes & TRANSACTIONAL) > 0,
      isControlBatch: (attributes & CONTROL) > 0,
    },
    ...(unreadable !== undefined && { unreadable }),
  };
}

/** Marks what aborted transactions wrote, so that it is given to nobody. */
export function leaveOutAborted(messages: readonly FetchedMessage[], aborted: readonly AbortedTransaction[]): void {
  const waiting = aborted
    .map(({ producerId, firstOffset }) => ({ producerId, first: Number(firstOffset) }))
    .sort((a, b) => b.first - a.first);
  const open = new Set<string>();
  for (const message of messages) {
    const offset = Number(message.offset);
    for (let next = waiting.at(-1); next !== undefined && next.first <= offset; next = waiting.at(-1)) {
      open.add(next.producerId);
      waiting.pop();
    }
    const { producerId, inTransaction, isControlBatch } = message.batchContext;
    if (isControlBatch) {
      if (message.key?.equals(ABORT_MARKER)) open.delete(producerId);
    } else if (inTransaction && open.has(producerId)) message.isControlRecord = true;
  }
}
