/**
 * Follows one path: everything there is, in order, one range at a time, so that an agent's lines arrive as they were
 * written. The range is durable before it is brought; after a crash the very same range is brought under the same key.
 */
import { WatchkeeperError } from "../../schemas/errors.ts";
import type { Checkpoint, PathState } from "./checkpoint.ts";
import type { Destination } from "./destination.ts";
import type { Shipping } from "./progress.ts";
import { halve, nextRange, positionOf, type Range, type Track } from "./track.ts";
import { createTracks, type Tracks } from "./tracks.ts";
import type { Wake } from "./wake.ts";

export interface FollowOptions {
  /** Absolute. */
  readonly path: string;
  /** Of the destination, for people. */
  readonly address: string;
  readonly shipped: ReadonlySet<string>;
  readonly checkpoint: Checkpoint;
  readonly destination: Destination;
  readonly wake: Wake;
  readonly shipping: Shipping;
  readonly signal: AbortSignal;
  readonly stopAtEnd: boolean;
  readonly settleMs: number;
  now(): number;
}

/** Bytes that are in the files and were not sent. */
export async function followPath(options: FollowOptions): Promise<number> {
  const { path, checkpoint, shipping, signal, now } = options;
  const state = checkpoint.of(path);
  const lost = (bytes: number) => {
    if (bytes > 0) shipping.lost(path, bytes);
  };
  const tracks = createTracks({ path, state, shipped: options.shipped, now, lost });
  try {
    let isFirst = true;
    for (let saidMissing = false; !signal.aborted; await options.wake.wait()) {
      const there = await tracks.refresh();
      if (!there && options.stopAtEnd) throw missing(path);
      if (!there && !saidMissing) shipping.say(`Waiting for ${path}, which does not exist yet.`);
      saidMissing = !there;
      const sent = await sendAll(tracks, options);
      if (sent) await checkpoint.save();
      else if (isFirst && !signal.aborted) sayNothingNew(state, options);
      isFirst = false;
      if (options.stopAtEnd) break;
    }
    let left = 0;
    for (const { state: track, handle } of tracks.list) left += Math.max(0, (await handle.stat()).size - track.offset);
    await checkpoint.save();
    return left;
  } finally {
    await tracks.close();
  }
}

/** A file that was shipped before is not passed over without a word. */
function sayNothingNew({ tracks, answeredAt }: PathState, { path, address, shipping }: FollowOptions): void {
  if (!tracks.some(({ offset }) => offset > 0)) return;
  const since = answeredAt === undefined ? "" : ` since ${new Date(answeredAt).toISOString().slice(0, 19)}Z`;
  shipping.say(
    `Nothing new${since} in ${path}, which was shipped to ${address} before; another --checkpoint ships it again.`,
  );
}

/** True when anything was sent. */
async function sendAll(tracks: Tracks, options: FollowOptions): Promise<boolean> {
  const { settleMs, stopAtEnd, now, signal } = options;
  let sent = false;
  for (const track of [...tracks.list]) {
    for (;;) {
      if (signal.aborted) return sent;
      // Asked once: what settles only after the look still has its last line to send.
      const isReplaced = track !== tracks.list.at(-1);
      const isSettled = isReplaced && now() - track.grewAt >= settleMs;
      // Whoever asks for one pass says that nobody is writing: the present end ends the last line.
      const range = await nextRange(track, stopAtEnd || isSettled, now());
      if (range === "gone") {
        await tracks.gone(track);
        break;
      }
      if (range === "end") {
        if (isSettled) await tracks.drop(track);
        break;
      }
      if (!(await sendRange(track, range, options))) return sent;
      sent = true;
    }
  }
  return sent;
}

/** False when shipping was stopped before the range was answered; it stays pending. */
async function sendRange({ state }: Track, first: Range, options: FollowOptions): Promise<boolean> {
  const { checkpoint, destination, shipping, path, now } = options;
  for (let range = first; ; ) {
    const { to, key, cutAt } = range;
    state.pending = { to, key, ...(cutAt === undefined ? {} : { cutAt }) };
    await checkpoint.save();
    const positionAt = (at: number) => positionOf(state, state.offset + at);
    const outcome = await destination.bring({ body: range.body, key, positionAt });
    if (outcome.kind === "stopped") return false;
    if (outcome.kind === "answered") {
      const { accepted, rejected, cut = 0 } = outcome;
      shipping.answered(accepted, rejected, to - state.offset, cut + (cutAt === undefined ? 0 : 1));
      state.offset = to;
      state.pending = undefined;
      checkpoint.of(path).answeredAt = now();
      return true;
    }
    const less = halve(range, state.offset);
    if (less === undefined) throw unsendable(path, state.offset);
    range = less;
  }
}

function missing(path: string): WatchkeeperError {
  return new WatchkeeperError(`${path} does not exist.`, {
    code: "file_missing",
    hint: "Check the name.",
    exitCode: 2,
  });
}

function unsendable(path: string, offset: number): WatchkeeperError {
  return new WatchkeeperError(`The gateway finds even a cut line too large (${path}, byte ${offset}).`, {
    code: "gateway_refused",
    hint: "Raise limits.bodyBytes of the gateway.",
  });
}
