/**
 * The one writer of the embedded log. Requests that wait while a transaction is on its way to the disk go together
 * into the next, so a disk flush serves many of them. Nothing is seen by readers before it is on disk, and what fails
 * leaves offsets and positions as they were.
 */
import type { WatchkeeperError } from "../../schemas/errors.ts";
import type { Topic } from "../../schemas/topics.ts";
import { startSlice } from "../time-slice.ts";
import type { Catalogue } from "./embedded-catalogue.ts";
import type { Environment } from "./embedded-environment.ts";
import { classifyLogFailure, logBusy, logClosed } from "./embedded-errors.ts";
import type { EmbeddedPartition } from "./embedded-partition.ts";
import { type PartitionPut, putState } from "./embedded-state.ts";
import { encodeFrames, type Frame, type FrameInput, frameHead } from "./frame.ts";

/** A record and where it goes. */
export interface RoutedRecord extends FrameInput {
  readonly to: EmbeddedPartition;
}

interface WriteRequest {
  readonly records?: readonly RoutedRecord[];
  readonly puts?: readonly PartitionPut[];
  readonly positions?: readonly Position[];
  /** Whole frames at the start of a partition that go; `beginning` is the partition's new one. */
  readonly drop?: { readonly from: EmbeddedPartition; readonly bases: readonly number[]; readonly beginning: number };
  /** Asked when the request's turn comes. */
  readonly refuse?: () => WatchkeeperError | undefined;
}

interface Position {
  readonly group: string;
  readonly topic: Topic;
  readonly partition: number;
  readonly offset: number;
}

interface Waiting {
  readonly request: WriteRequest;
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Roughly what one transaction takes, and what may wait for the disk before more is refused with `log_busy`. */
const TRANSACTION_BYTES = 8 * 1024 ** 2;
const WAITING_BYTES = 256 * 1024 ** 2;

/** Longest stretch of encoding before others get the event loop. */
const SLICE_MS = 4;

export interface Writer {
  /** Resolves when the request is on disk, rejects when none of it is. */
  submit(request: WriteRequest): Promise<void>;
  /** Bytes that wait or are on their way. */
  waitingBytes(): number;
  /** Writes what waits and refuses everything later. */
  close(): Promise<void>;
}

export function createWriter(environment: Environment, catalogue: Catalogue, now: () => number): Writer {
  const queue: Waiting[] = [];
  let waitingBytes = 0;
  let running: Promise<void> | undefined;
  let closed = false;

  async function run(): Promise<void> {
    // One turn of the microtask queue: appends of the same moment share a transaction.
    await undefined;
    while (queue.length > 0) await writeTogether(takeSome());
    running = undefined;
  }

  function takeSome(): Waiting[] {
    const taken: Waiting[] = [];
    for (let bytes = 0; queue.length > 0 && bytes < TRANSACTION_BYTES; ) {
      const next = queue.shift() as Waiting;
      const refusal = next.request.refuse?.();
      bytes += next.bytes;
      if (refusal === undefined) taken.push(next);
      else settle(next, () => next.reject(refusal));
    }
    return taken;
  }

  async function writeTogether(taken: readonly Waiting[]): Promise<void> {
    try {
      const frames = await frame(taken);
      await environment.write(() => put(frames, taken));
      publish(frames, taken);
      for (const one of taken) settle(one, one.resolve);
    } catch (error) {
      const failure = classifyLogFailure(error);
      for (const one of taken) settle(one, () => one.reject(failure));
    }
  }

  async function frame(taken: readonly Waiting[]): Promise<Map<EmbeddedPartition, Frame[]>> {
    const slice = startSlice(SLICE_MS);
    const records = new Map<EmbeddedPartition, FrameInput[]>();
    for (const { request } of taken) {
      for (const record of request.records ?? []) {
        const list = records.get(record.to);
        if (list === undefined) records.set(record.to, [record]);
        else list.push(record);
      }
      if (slice.over()) await slice.next();
    }
    const timestamp = now();
    const frames = new Map<EmbeddedPartition, Frame[]>();
    for (const [to, list] of records) {
      const encoded: Frame[] = [];
      frames.set(to, encoded);
      for (const one of encodeFrames(list, to.end, timestamp)) {
        encoded.push(one);
        if (slice.over()) await slice.next();
      }
    }
    return frames;
  }

  function put(frames: Map<EmbeddedPartition, Frame[]>, taken: readonly Waiting[]): void {
    for (const [{ topic, partition }, list] of frames) {
      for (const { base, bytes } of list) environment.frames.put([topic, partition, base], bytes);
    }
    for (const { request } of taken) {
      for (const entry of request.puts ?? []) putState(environment, entry);
      for (const { group, topic, partition, offset } of request.positions ?? []) {
        environment.meta.put(["position", topic, group, partition], offset);
      }
      if (request.drop === undefined) continue;
      const { topic, partition, end } = request.drop.from;
      environment.meta.put(["end", topic, partition], end);
      for (const base of request.drop.bases) environment.frames.remove([topic, partition, base]);
    }
  }

  function publish(frames: Map<EmbeddedPartition, Frame[]>, taken: readonly Waiting[]): void {
    for (const { request } of taken) {
      for (const { group, topic, partition, offset } of request.positions ?? []) {
        catalogue.setPosition(group, topic, partition, offset);
      }
      if (request.drop !== undefined) request.drop.from.beginning = request.drop.beginning;
    }
    for (const [to, list] of frames) {
      to.end += list.reduce((sum, { bytes }) => sum + frameHead(bytes).count, 0);
      to.announce();
    }
  }

  function settle(one: Waiting, how: () => void): void {
    waitingBytes -= one.bytes;
    how();
  }

  return {
    submit(request) {
      const bytes = sizeOf(request);
      if (closed) return Promise.reject(logClosed());
      if (waitingBytes > 0 && waitingBytes + bytes > WAITING_BYTES) return Promise.reject(logBusy());
      waitingBytes += bytes;
      return new Promise((resolve, reject) => {
        queue.push({ request, bytes, resolve, reject });
        running ??= run();
      });
    },
    waitingBytes: () => waitingBytes,
    async close() {
      closed = true;
      await running;
    },
  };
}

/** About the bytes of a request; characters stand for bytes, nobody counts twice for a limit. */
function sizeOf({ records = [], puts = [] }: WriteRequest): number {
  let bytes = 0;
  for (const { key, value } of records) bytes += key.length + value.length;
  for (const { key, value } of puts) bytes += key.length + (value?.length ?? 0);
  return bytes;
}
