/** The sender's durable memory of one partition: what was told, written after each request, in order. */
import { isFenced } from "../../schemas/errors.ts";
import type { NotificationRecord } from "../../schemas/incident.ts";
import { TOPICS } from "../../schemas/topics.ts";
import type { Clock } from "../clock.ts";
import type { Append, Commit, Put } from "../ports.ts";
import type { AlertingTelemetry } from "../telemetry.ts";
import { backoff } from "./backoff.ts";
import { readSent, type Sent, type SentBySink, writeSent } from "./sent.ts";
import { stateKey } from "./state-key.ts";

/** How long a request under way may take to end when its partition goes to another owner. */
const CLOSE_WITHIN_MS = 4_000;

interface SentUpdate {
  readonly id: string;
  readonly sent: Sent;
}

export interface Memory {
  restore(id: string, value: string): void;
  sentOf(id: string, sink: string): Sent | undefined;
  /** Resolves when durable, or when the memory was closed before that or the partition has another owner. */
  record(sink: string, updates: readonly SentUpdate[], notifications: readonly NotificationRecord[]): Promise<void>;
  /** Drops the records of incidents that ended a day ago and are told. */
  drop(ids: readonly string[]): Promise<void>;
  /** Whether nobody else can own the partition now. */
  isOwner(): boolean;
  /** Whether what was sent is recorded. */
  readonly behind: boolean;
  /** Work that may still record something: `close` waits for it. Must not reject. */
  expect(work: Promise<unknown>): void;
  /** Waits up to 4 s for what is expected and lets it be recorded; then writes no more. */
  close(): Promise<void>;
}

export interface MemoryOptions {
  readonly commit: Commit;
  readonly isOwner: () => boolean;
  readonly clock: Clock;
  readonly random: () => number;
  readonly telemetry: AlertingTelemetry;
}

export function createMemory({ commit, isOwner, clock, random, telemetry }: MemoryOptions): Memory {
  const known = new Map<string, SentBySink>();
  const closing = new AbortController();
  const expected = new Set<Promise<unknown>>();
  let closed: Promise<void> | undefined;
  let last: Promise<void> = Promise.resolve();
  let failures = 0;

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(ms, resolve);
      closing.signal.addEventListener("abort", () => {
        cancel();
        resolve();
      });
    });
  }

  async function write(puts: readonly Put[], appends: readonly Append[]): Promise<void> {
    while (true) {
      try {
        await commit(puts, appends);
        failures = 0;
        return;
      } catch (error) {
        failures += 1;
        telemetry.recordFailed(error);
        if (closing.signal.aborted || isFenced(error)) return;
        await pause(backoff(failures, random));
      }
      if (closing.signal.aborted) return;
    }
  }

  /** One after the other, so that an older state never overwrites a newer one. */
  function enqueue(puts: readonly Put[], appends: readonly Append[]): Promise<void> {
    last = last.then(() => write(puts, appends));
    return last;
  }

  async function shut(): Promise<void> {
    const over = Promise.all(expected);
    let cancel = () => {};
    const limit = new Promise<void>((resolve) => {
      cancel = clock.after(CLOSE_WITHIN_MS, resolve);
    });
    await Promise.race([over, limit]);
    cancel();
    closing.abort();
    await last;
  }

  return {
    isOwner,
    restore: (id, value) => void known.set(id, readSent(value)),
    sentOf: (id, sink) => known.get(id)?.[sink],
    record(sink, updates, notifications) {
      const puts = updates.map(({ id, sent }) => {
        const sinks = { ...known.get(id), [sink]: sent };
        known.set(id, sinks);
        return { topic: TOPICS.incidents, key: stateKey("sent", id), value: writeSent(sinks) };
      });
      const appends = notifications.map((notification) => {
        telemetry.notified(notification);
        return { topic: TOPICS.findings, key: notification.agent, value: JSON.stringify(notification) };
      });
      return enqueue(puts, appends);
    },
    drop(ids) {
      for (const id of ids) known.delete(id);
      const keys = ids.flatMap((id) => [stateKey("incident", id), stateKey("sent", id)]);
      return enqueue(
        keys.map((key) => ({ topic: TOPICS.incidents, key, value: null })),
        [],
      );
    },
    get behind() {
      return failures > 0;
    },
    expect(work) {
      expected.add(work);
      void work.then(() => expected.delete(work));
    },
    close() {
      closed ??= shut();
      return closed;
    },
  };
}
