/** One open file in one of its lives: what is to be sent next, read in bounded memory. */
import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import type { PendingRange, TrackState } from "./checkpoint.ts";
import { sameBeginning } from "./fingerprint.ts";

const BATCH_BYTES = 4 * 1024 ** 2;
const BATCH_LINES = 16_000;
/** A longer line is cut here, and then refused and recorded by the gateway. */
const LONGEST_LINE_BYTES = 1024 ** 2;
const NEWLINE = 0x0a;

/** What is posted: whole lines. */
export interface Range extends PendingRange {
  readonly body: Buffer;
}

/** `gone`: the file no longer begins as it did, or is shorter than what was read. */
export type NextRange = Range | "end" | "gone";

export interface Track {
  readonly state: TrackState;
  readonly handle: FileHandle;
  /** When it last grew (Unix ms). */
  grewAt: number;
  /** No newline between the offset and here. */
  scannedTo: number;
}

export function createTrack(state: TrackState, handle: FileHandle, now: number): Track {
  return { state, handle, grewAt: now, scannedTo: state.offset };
}

/** Looks at size and beginning; false when this life of the file is over. */
export async function look(track: Track, now: number): Promise<boolean> {
  const { state, handle } = track;
  const { size } = await handle.stat();
  const fingerprint = await sameBeginning(handle, state.fingerprint);
  if (fingerprint === undefined || size < (state.pending?.to ?? state.offset)) return false;
  if (size > state.size) track.grewAt = now;
  state.size = size;
  state.fingerprint = fingerprint;
  return true;
}

/**
 * The range that was pending, byte for byte, or the next one. With `last` also a last line without newline, because
 * nobody will finish it.
 */
export async function nextRange(track: Track, last: boolean, now: number): Promise<NextRange> {
  if (!(await look(track, now))) return "gone";
  const { state } = track;
  const range = state.pending === undefined ? await cutRange(track, last) : await readRange(track, state.pending);
  if (range === "end") return range;
  // Looked at again after reading: what was read is of this life only if it still goes on.
  return range === "gone" || !(await look(track, now)) ? "gone" : range;
}

/** The same range with fewer lines, or one line with fewer bytes; undefined when it cannot be less. */
export function halve(range: Range, offset: number): Range | undefined {
  const { body, key, to, cutAt } = range;
  const middle = body.indexOf(NEWLINE, body.length >> 1);
  const end = middle === -1 || middle === body.length - 1 ? body.lastIndexOf(NEWLINE, body.length - 2) : middle;
  if (end >= 0) return { body: body.subarray(0, end + 1), key, to: offset + end + 1 };
  const bytes = Math.min(cutAt ?? body.length, body.length) >> 1;
  return bytes < 512 ? undefined : { body: cut(body, bytes), key, to, cutAt: bytes };
}

function cut(bytes: Buffer, cutAt: number): Buffer {
  return Buffer.concat([bytes.subarray(0, cutAt), Buffer.from([NEWLINE])]);
}

async function readRange({ handle, state }: Track, pending: PendingRange): Promise<Range | "gone"> {
  const length = pending.cutAt ?? pending.to - state.offset;
  const bytes = await read(handle, state.offset, length);
  if (bytes.length < length) return "gone";
  return { ...pending, body: pending.cutAt === undefined ? withNewline(bytes) : cut(bytes, pending.cutAt) };
}

async function cutRange(track: Track, last: boolean): Promise<Range | "end"> {
  const { handle, state } = track;
  if (state.size <= state.offset) return "end";
  const bytes = await read(handle, state.offset, BATCH_BYTES);
  const end = endOfLines(bytes);
  if (end > 0) return { body: bytes.subarray(0, end), to: state.offset + end, key: positionOf(state, state.offset) };
  if (bytes.length < BATCH_BYTES) {
    if (!last || bytes.length === 0) return "end";
    return { body: withNewline(bytes), to: state.offset + bytes.length, key: positionOf(state, state.offset) };
  }
  const newline = await findNewline(track);
  if (newline === undefined && !last) return "end";
  const cutAt = LONGEST_LINE_BYTES;
  return { body: cut(bytes, cutAt), to: newline ?? state.size, cutAt, key: positionOf(state, state.offset) };
}

/** After the last newline within the bounds of a batch; 0 when there is none. */
function endOfLines(bytes: Buffer): number {
  let end = 0;
  for (let lines = 0; lines < BATCH_LINES; lines += 1) {
    const newline = bytes.indexOf(NEWLINE, end);
    if (newline === -1) break;
    end = newline + 1;
  }
  return end;
}

/** Goes on where the last search ended, so that a line that grows without end is read once. */
async function findNewline(track: Track): Promise<number | undefined> {
  track.scannedTo = Math.max(track.scannedTo, track.state.offset);
  for (;;) {
    const bytes = await read(track.handle, track.scannedTo, BATCH_BYTES);
    const newline = bytes.indexOf(NEWLINE);
    if (newline !== -1) return track.scannedTo + newline + 1;
    if (bytes.length === 0) return undefined;
    track.scannedTo += bytes.length;
  }
}

async function read(handle: FileHandle, from: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, from + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

function withNewline(bytes: Buffer): Buffer {
  return bytes.at(-1) === NEWLINE ? bytes : Buffer.concat([bytes, Buffer.from([NEWLINE])]);
}

/** Follows from file, life and offset alone, so that a line has one identity however the ranges fall. */
export function positionOf(state: TrackState, offset: number): string {
  state.identity ??= createHash("sha256")
    .update(`${state.dev}:${state.ino}:${state.generation}:${state.fingerprint.bytes}:${state.fingerprint.hash}`)
    .digest("hex")
    .slice(0, 20);
  return `ship:${state.identity}:${offset}`;
}
