/**
 * `watchkeeper ship`: brings JSON-lines files to a gateway or to Kafka, and follows them.
 *
 * MUST
 * - No line is lost and none gets two identities: through restarts, `kill -9`, and both kinds of rotation.
 * - A range is durable in the checkpoint before it is brought, and done only when all of it was acknowledged.
 * - Memory does not grow with the files.
 * - Lines go as they are: what is a bad line is intake's matter.
 */
import { resolve } from "node:path";
import { WatchkeeperError } from "../../schemas/errors.ts";
import { openCheckpoint } from "./checkpoint.ts";
import type { DestinationContext } from "./destination.ts";
import { followPath } from "./follow.ts";
import { openDestination, titleOf } from "./open-destination.ts";
import { createShipping } from "./progress.ts";
import type { ShipOptions, ShipSummary } from "./ship-options.ts";
import { targetOf } from "./target.ts";
import { createWake } from "./wake.ts";

/** Resolves when the signal stops it or, with `stopAtEnd`, at the end. Rejects with the first `WatchkeeperError` of a file or the gateway. */
export async function shipFiles(options: ShipOptions): Promise<ShipSummary> {
  const { now, sleep, settleMs = 60_000, pollMs = 500, stopAtEnd = false } = options;
  const paths = [...new Set(options.files.map((file) => resolve(file)))];
  if (paths.length === 0) {
    throw new WatchkeeperError("No file to ship was named.", { code: "no_files", exitCode: 2 });
  }
  const packed = paths.find((path) => /\.(?:gz|zst|bz2|xz|zip)$/i.test(path));
  if (packed !== undefined) {
    throw new WatchkeeperError(`${packed} is packed; lines are shipped from plain files.`, {
      code: "packed_file",
      hint: "Unpack it, such as with gunzip --keep, and ship what comes out.",
      exitCode: 2,
    });
  }
  const { title, address } = titleOf(options.to);
  const checkpoint = await openCheckpoint(options.checkpointFile, options.target ?? targetOf(options.to));
  const shipping = createShipping(options.progress, title, now);
  // One file that fails stops the others too.
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const cutOff = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const stopping = () => {
    timer = setTimeout(() => cutOff.abort(), options.stopWithinMs ?? 5_000);
  };
  signal.addEventListener("abort", stopping, { once: true });
  const context: DestinationContext = {
    backfill: options.backfill ?? false,
    sleep,
    signal,
    cutOff: cutOff.signal,
    waiting: shipping.waiting,
  };
  const destination = await openDestination(options, context);
  const follow = async (path: string) => {
    const wake = createWake(path, pollMs, sleep, signal);
    const shipped = new Set(paths);
    const parts = { path, address, shipped, checkpoint, destination, wake, shipping, signal, stopAtEnd, settleMs, now };
    try {
      return { file: path, bytes: await followPath(parts) };
    } catch (error) {
      failed.abort();
      throw error;
    } finally {
      wake.close();
    }
  };
  if (!stopAtEnd) {
    shipping.say(
      `Following ${paths.length === 1 ? "1 file" : `${paths.length} files`} into ${address}; Ctrl-C ends it.`,
    );
  }
  try {
    const ends = await Promise.allSettled(paths.map(follow));
    const failure = ends.find((end) => end.status === "rejected");
    if (failure !== undefined) throw failure.reason;
    const pending = ends.flatMap((end) => (end.status === "fulfilled" && end.value.bytes > 0 ? [end.value] : []));
    const left = pending.reduce((sum, { bytes }) => sum + bytes, 0);
    shipping.summarise(paths.length, left);
    return { ...shipping.sums, pending };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stopping);
    await destination.close();
  }
}
