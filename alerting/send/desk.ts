/** One sink: its tellings, its channels, and what all of them share. */
import type { Incident } from "../../schemas/incident.ts";
import type { Clock } from "../clock.ts";
import type { Sink } from "../sinks/sink.ts";
import type { AlertingTelemetry } from "../telemetry.ts";
import { type Channel, createChannel } from "./channel.ts";
import { decideSend } from "./decide-send.ts";
import type { Memory } from "./memory.ts";
import { createBucket } from "./pace.ts";
import type { ChannelOf } from "./route.ts";
import { createTelling, type Message, type Telling } from "./telling.ts";
import type { Trouble } from "./trouble.ts";

/** Slack takes about 50 edits a minute from one app. */
const EDIT_BURST = 10;
const EDIT_EVERY_MS = 1250;

export interface DeskTrouble extends Trouble {
  readonly sink: string;
  readonly channel: string;
}

export interface Desk {
  readonly sink: Sink;
  accept(incident: Incident, arrivedAt: number | null, memory: Memory): void;
  /** Takes back incidents as they were stored, then tells what is behind. */
  restore(incidents: readonly Incident[], memory: Memory): void;
  /** It may go once nothing of it, and of the message it is in, waits. */
  forget(id: string): void;
  isSettled(id: string): boolean;
  drop(id: string): void;
  /** The message's other lines. */
  companions(id: string): readonly string[];
  troubles(): readonly DeskTrouble[];
  pending(): number;
  idle(): boolean;
  close(): void;
}

export interface DeskOptions {
  readonly sink: Sink;
  readonly channelOf: ChannelOf;
  readonly clock: Clock;
  readonly random: () => number;
  readonly telemetry: AlertingTelemetry;
  readonly groupForMs: number;
  readonly lateAfterMs: number;
  readonly repeatEveryMs: number;
  readonly refusedRetryMs: number;
  /** How long a former owner's request may still arrive. */
  readonly lookAgainMs: number;
  readonly showElsewhere: (telling: Telling) => void;
  readonly settled: (id: string) => void;
}

export function createDesk(options: DeskOptions): Desk {
  const { sink, clock, repeatEveryMs } = options;
  const tellings = new Map<string, Telling>();
  const channels = new Map<string, Channel>();
  const edits = createBucket(sink.paced ? EDIT_BURST : Number.POSITIVE_INFINITY, EDIT_EVERY_MS);

  function channelOf(name: string): Channel {
    const known = channels.get(name);
    if (known !== undefined) return known;
    const settled = (telling: Telling) => options.settled(telling.incident.id);
    const channel = createChannel(name, { ...options, edits, settled });
    channels.set(name, channel);
    return channel;
  }

  function openTelling(incident: Incident, memory: Memory): Telling {
    const sent = memory.sentOf(incident.id, sink.name);
    const telling = createTelling(incident, sent?.channel ?? sink.onlyChannel ?? options.channelOf(incident), memory);
    telling.sent = sent;
    telling.late = sent?.late === true;
    tellings.set(incident.id, telling);
    return telling;
  }

  return {
    sink,
    accept(incident, arrivedAt, memory) {
      const known = tellings.get(incident.id);
      if (known !== undefined && incident.revision <= known.incident.revision) return;
      const telling = known ?? openTelling(incident, memory);
      telling.incident = incident;
      telling.arrivedAt ??= arrivedAt;
      channelOf(telling.channel).consider(telling);
    },
    restore(incidents, memory) {
      const messages = new Map<string, Message>();
      const restored = incidents.map((incident) => openTelling(incident, memory));
      for (const telling of restored) {
        const { sent } = telling;
        const { action } = decideSend(sent, telling.incident, clock.now(), repeatEveryMs);
        telling.doubtful = action === "post" || action === "reply";
        telling.lookAgainAt = clock.now() + options.lookAgainMs;
        if (sent === undefined || sent.gone) continue;
        const key = JSON.stringify(sent.place);
        const message = messages.get(key) ?? {
          place: sent.place,
          line: sent.line,
          late: sent.late === true,
          members: new Set(),
          busy: false,
        };
        messages.set(key, message);
        message.members.add(telling);
        telling.message = message;
      }
      for (const name of new Set(restored.map((telling) => telling.channel))) {
        channelOf(name).consider(...restored.filter((telling) => telling.channel === name));
      }
    },
    forget(id) {
      const telling = tellings.get(id);
      if (telling === undefined) return;
      telling.forgotten = true;
      channelOf(telling.channel).consider(telling);
    },
    isSettled(id) {
      const telling = tellings.get(id);
      if (telling === undefined) return true;
      const isDone = (one: Telling) =>
        one.forgotten &&
        !one.busy &&
        one.queued === undefined &&
        decideSend(one.sent, one.incident, clock.now(), 0).action === "none";
      return [telling, ...(telling.message?.members ?? [])].every(isDone);
    },
    drop(id) {
      const telling = tellings.get(id);
      if (telling === undefined) return;
      telling.cancelReminder?.();
      telling.dropped = true;
      tellings.delete(id);
    },
    companions: (id) => [...(tellings.get(id)?.message?.members ?? [])].map((telling) => telling.incident.id),
    troubles() {
      return [...channels].flatMap(([channel, { trouble }]) => {
        const found = trouble();
        return found === undefined ? [] : [{ ...found, sink: sink.name, channel }];
      });
    },
    pending: () => [...channels.values()].reduce((sum, channel) => sum + channel.pending(), 0),
    idle: () => [...channels.values()].every((channel) => channel.idle()),
    close() {
      for (const channel of channels.values()) channel.close();
      for (const telling of tellings.values()) telling.cancelReminder?.();
    },
  };
}
