/** How large a record batch may be when unpacked, and the errors of one that cannot be read. */
import { messageOf, WatchkeeperError } from "../../schemas/errors.ts";

/** 64 MiB, what a batch may unpack to by default (`limits.batchBytes`): brokers take about 1 MiB packed. */
export const BATCH_LIMIT_BYTES = 64 * 1024 ** 2;
/** Records of one batch: each costs memory, also one of a few bytes, and no client packs nearly as many. */
export const MOST_RECORDS = 500_000;

/** The refusal of a batch that would unpack to more than this; code `batch_too_large`. */
export function tooLarge(codec: string, limitBytes: number): WatchkeeperError {
  return refusal(`a ${codec} batch unpacks to more than ${limitBytes / 1024 ** 2} MiB (limits.batchBytes)`);
}

/** The refusal of a batch of more than {@link MOST_RECORDS}; code `batch_too_large`. */
export function tooMany(count: number): WatchkeeperError {
  return refusal(`a batch has ${count} records, more than ${MOST_RECORDS}`);
}

function refusal(message: string): WatchkeeperError {
  return new WatchkeeperError(message, {
    code: "batch_too_large",
    verdict: "poison",
    hint: "Find the producer of this partition; a batch of records never needs that much.",
  });
}

/**
 * Runs a decoder and turns what it throws into one kind of error.
 * @throws WatchkeeperError `batch_too_large` or `batch_unreadable`, both poison
 */
export async function unpacked(codec: string, limitBytes: number, decode: () => Promise<Buffer>): Promise<Buffer> {
  try {
    return await decode();
  } catch (error) {
    if (error instanceof WatchkeeperError) throw error;
    if (error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE")
      throw tooLarge(codec, limitBytes);
    throw new WatchkeeperError(`a ${codec} batch cannot be unpacked: ${messageOf(error)}`, {
      code: "batch_unreadable",
      verdict: "poison",
      hint: "The batch is damaged or packed in a way that no Kafka client agrees on; find its producer.",
      cause: error,
    });
  }
}
