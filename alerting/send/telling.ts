/** One incident on its way to one sink. Changed only by the desk and the channel that hold it. */
import type { Incident } from "../../schemas/incident.ts";
import type { Detail, Place } from "../sinks/sink.ts";
import type { Memory } from "./memory.ts";
import type { Sent } from "./sent.ts";

export interface Telling {
  /** The newest revision handed in. */
  incident: Incident;
  /** The channel as configured. */
  readonly channel: string;
  readonly memory: Memory;
  sent: Sent | undefined;
  /** Where it is shown; shared by the lines of a group. */
  message: Message | undefined;
  /** A post or a reply may have been taken without our knowing. */
  doubtful: boolean;
  /** Before this moment a former owner's request may still arrive: what a look does not find is looked for again. */
  lookAgainAt: number;
  /** A request about it is under way. */
  busy: boolean;
  /** Where it waits. */
  queued: "doubt" | "speak" | "group" | undefined;
  /** It came late, and is a line of a summary of what happened during an outage. */
  late: boolean;
  /** Arrival of the event that decided what is not told yet. */
  arrivedAt: number | null;
  /** How much of it the other side takes. */
  detail: Detail;
  /** Not tried before this moment: the other side does not take it at all, or it is too early to look. */
  notBefore: number;
  /** The failure that is already recorded. */
  failure: string | undefined;
  /** The newest post that was shown elsewhere because this sink refuses. */
  elsewhere: number;
  /** That it is hidden is recorded. */
  hiddenNoted: boolean;
  forgotten: boolean;
  /** Its partition is in other hands, or its records are gone: nothing is sent about it any more. */
  dropped: boolean;
  cancelReminder: (() => void) | undefined;
}

/** One message of a sink and what it tells about. */
export interface Message {
  readonly place: Place;
  readonly line: boolean;
  /** It is a summary of what was judged late. */
  readonly late: boolean;
  readonly members: Set<Telling>;
  busy: boolean;
}

export function createTelling(incident: Incident, channel: string, memory: Memory): Telling {
  return {
    incident,
    channel,
    memory,
    sent: undefined,
    message: undefined,
    doubtful: false,
    lookAgainAt: 0,
    busy: false,
    queued: undefined,
    late: false,
    arrivedAt: null,
    detail: "full",
    notBefore: 0,
    failure: undefined,
    elsewhere: 0,
    hiddenNoted: false,
    forgotten: false,
    dropped: false,
    cancelReminder: undefined,
  };
}
