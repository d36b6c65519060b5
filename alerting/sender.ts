/**
 * Tells people about incidents, once each: takes durable changes, decides per sink what to do, sends in order, and
 * records what was sent after each request. What is not sent yet is in the outbox, so a restart goes on where it was.
 */
import type { Incident } from "../schemas/incident.ts";
import type { Clock } from "./clock.ts";
import type { Commit } from "./ports.ts";
import { createDesk, type Desk, type DeskTrouble } from "./send/desk.ts";
import { createMemory, type Memory } from "./send/memory.ts";
import type { ChannelOf } from "./send/route.ts";
import type { Telling } from "./send/telling.ts";
import type { Sink } from "./sinks/sink.ts";
import type { AlertingTelemetry } from "./telemetry.ts";
import type { Outlet } from "./watch.ts";

export interface SenderOptions {
  /** Where alerts go; each incident goes to all of them. */
  readonly sinks: readonly Sink[];
  /** Where an alert is shown as well while a sink refuses it or is down; none when it is itself a sink. */
  readonly fallback?: Sink;
  readonly channelOf: ChannelOf;
  /** `alerts.groupFor`. */
  readonly groupForMs: number;
  /** `alerts.repeatEvery`; 0: no reminders. */
  readonly repeatEveryMs: number;
  readonly clock: Clock;
  /** For the jitter of retries, in [0, 1). */
  readonly random: () => number;
  readonly telemetry: AlertingTelemetry;
  /** A channel that refuses is tried again this often; default a minute. */
  readonly refusedRetryMs?: number;
  /**
   * How long a request of another process that owned a partition before may still arrive: a look at the history before
   * that which finds nothing is repeated then, and only then is told again. Default 0: no other process sends.
   */
  readonly lookAgainMs?: number;
  /** What was decided longer ago is told in one summary; default ten minutes. */
  readonly lateAfterMs?: number;
}

interface SenderHealth {
  readonly ok: boolean;
  /** What is wrong, one sentence each, with what to do. */
  readonly problems: readonly string[];
}

/** Writes for the owner of a partition, and says whether it is. */
interface Ownership {
  readonly commit: Commit;
  /** Whether nobody else can own the partition now: nothing is sent otherwise. */
  readonly isOwner: () => boolean;
}

export interface Sender {
  /** The sender's side of one partition. */
  open(ownership: Ownership): Outlet;
  /** Not ok: somebody must act, or sends have failed for over a minute, or what was sent cannot be recorded. */
  health(): SenderHealth;
  /** Incidents and edits that wait. */
  pending(): number;
  /** Gives what can go up to `graceMs` (default 3,000), ends what is under way, records it. */
  close(graceMs?: number): Promise<void>;
}

const FAILING_MS = 60_000;

function sentence({ sink, channel, reason, hint, refused }: DeskTrouble): string {
  const where = sink === channel ? sink : `${sink} ${channel}`;
  return refused ? `${where} refuses alerts (${reason}): ${hint}` : `${where} has not taken alerts (${reason})`;
}

export function createSender(options: SenderOptions): Sender {
  const { sinks, fallback, clock, random, telemetry } = options;
  const memories = new Map<string, Memory>();
  const partitions = new Set<Memory>();

  function showElsewhere(telling: Telling): void {
    const newest = telling.incident.posts.at(-1)?.revision ?? 0;
    if (fallback === undefined || telling.elsewhere >= newest) return;
    telling.elsewhere = newest;
    const { incident } = telling;
    const tag = { incidents: { [incident.id]: incident.revision }, step: "opened" } as const;
    const content = { kind: "incident", incident } as const;
    const request = { action: "post", channel: fallback.name, content, tag } as const;
    fallback.deliver(request, "full").catch((error: unknown) => telemetry.failed("fallback", error));
  }

  /** Drops the records of a message whose incidents all ended a day ago and are told everywhere. */
  function settled(id: string): void {
    if (!desks.every((desk) => desk.isSettled(id))) return;
    for (const one of new Set([id, ...desks.flatMap((desk) => desk.companions(id))])) {
      if (!desks.every((desk) => desk.isSettled(one))) continue;
      for (const desk of desks) desk.drop(one);
      void memories.get(one)?.drop([one]);
      memories.delete(one);
    }
  }

  const desks: readonly Desk[] = sinks.map((sink) =>
    createDesk({
      ...{ ...options, sink, showElsewhere, settled },
      refusedRetryMs: options.refusedRetryMs ?? 60_000,
      lookAgainMs: options.lookAgainMs ?? 0,
      lateAfterMs: options.lateAfterMs ?? 10 * 60_000,
    }),
  );

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => void clock.after(ms, resolve));
  }

  return {
    open(ownership) {
      const memory = createMemory({ ...ownership, clock, random, telemetry });
      partitions.add(memory);
      const restored: Incident[] = [];
      return {
        restoreIncident(incident) {
          restored.push(incident);
          memories.set(incident.id, memory);
        },
        restoreSent: (id, value) => memory.restore(id, value),
        start() {
          const incidents = restored.splice(0);
          for (const desk of desks) desk.restore(incidents, memory);
        },
        handle(changes) {
          for (const change of changes) {
            if (change.kind === "forgotten") {
              for (const desk of desks) desk.forget(change.id);
              settled(change.id);
              continue;
            }
            memories.set(change.incident.id, memory);
            for (const desk of desks) desk.accept(change.incident, change.arrivedAt, memory);
          }
        },
        async close() {
          partitions.delete(memory);
          for (const [id, owner] of memories) {
            if (owner !== memory) continue;
            memories.delete(id);
            for (const desk of desks) desk.drop(id);
          }
          await memory.close();
        },
      };
    },
    health() {
      const now = clock.now();
      const problems = desks
        .flatMap((desk) => desk.troubles())
        .filter((trouble) => trouble.refused || now - trouble.since >= FAILING_MS)
        .map(sentence);
      const behind = [...partitions].some((memory) => memory.behind);
      if (behind) problems.push("what was sent cannot be recorded: see the event log's health");
      return { ok: problems.length === 0, problems };
    },
    pending: () => desks.reduce((sum, desk) => sum + desk.pending(), 0),
    async close(graceMs = 3000) {
      const until = clock.now() + graceMs;
      const stuck = () => desks.every((desk) => desk.troubles().length > 0 || desk.pending() === 0);
      while (!stuck() && clock.now() < until) await pause(20);
      for (const desk of desks) desk.close();
      for (const { sink } of desks) sink.close();
      while (!desks.every((desk) => desk.idle()) && clock.now() < until + graceMs) await pause(20);
      // A log that answers no more must not hold up the end: what it did not take is looked up by the next start.
      let cancel = () => {};
      const limit = new Promise<void>((resolve) => {
        cancel = clock.after(graceMs, resolve);
      });
      await Promise.race([Promise.all([...partitions].map((memory) => memory.close())), limit]);
      cancel();
    },
  };
}
