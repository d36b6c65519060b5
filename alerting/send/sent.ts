/** What was told about an incident, per sink: the durable memory of the sender, key `sent:ID`. */
import type { Place } from "../sinks/sink.ts";

export interface Sent {
  /** The channel as configured. */
  readonly channel: string;
  readonly place: Place;
  /** It is a line of a group message. */
  readonly line: boolean;
  /** Of a summary of what was judged late. */
  readonly late?: true;
  /** The newest revision that is shown. */
  readonly revision: number;
  /** Posts up to this revision are told. */
  readonly posted: number;
  /** When it last spoke (a post, a reply, a reminder), Unix ms. */
  readonly spokeAt: number;
  /** Reminders so far. */
  readonly reminders: number;
  /** The message was removed by somebody; the next thing to say is a message of its own. */
  readonly gone: boolean;
}

/** By sink name. */
export type SentBySink = Readonly<Record<string, Sent>>;

/** Version 1. */
export function writeSent(sinks: SentBySink): string {
  return JSON.stringify({ version: 1, sinks });
}

export function readSent(text: string): SentBySink {
  return (JSON.parse(text) as { readonly sinks: SentBySink }).sinks;
}
