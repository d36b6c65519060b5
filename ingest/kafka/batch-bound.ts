/** How large a record batch may be when unpacked, and the errors of one that cannot be read. */
import { messageOf, WatchkeeperError } from "../../schemas/errors.ts";

/** 256 MiB, the most that a batch may unpack to: brokers take about 1 MiB packed, so more is an attack or damage. */
export const UNPACKED_LIMIT_BYTES = 256 * 1024 * 1024;

/** The refusal of a batch that would unpack to more than {@link UNPACKED_LIMIT_BYTES}; code `batch_too_large`. */
export function tooLarge(codec: string): WatchkeeperError {
  return new WatchkeeperError(`a ${codec} batch unpacks to more than ${UNPACKED_LIMIT_BYTES / 1024 / 1024} MiB`, {
    code: "batch_too_large",
    verdict: "poison",
    hint: "Find the producer of this partition; a batch of records never needs that much.",
  });
}

/**
 * Runs a decoder and turns what it throws into one kind of error.
 * @throws WatchkeeperError `batch_too_large` or `batch_unreadable`, both poison
 */
export async function unpacked(codec: string, decode: () => Promise<Buffer>): Promise<Buffer> {
  try {
    return await decode();
  } catch (error) {
    if (error instanceof WatchkeeperError) throw error;
    if (error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(codec);
    throw new WatchkeeperError(`a ${codec} batch cannot be unpacked: ${messageOf(error)}`, {
      code: "batch_unreadable",
      verdict: "poison",
      hint: "The batch is damaged or packed in a way that no Kafka client agrees on; find its producer.",
      cause: error,
    });
  }
}
