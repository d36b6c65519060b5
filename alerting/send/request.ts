/** Builds what is sent for tellings, and what is remembered when it worked. Pure. */
import type { Incident } from "../../schemas/incident.ts";
import type { Content, Place, SinkRequest, Tag } from "../sinks/sink.ts";
import type { SendDecision } from "./decide-send.ts";
import type { Sent } from "./sent.ts";
import type { Message, Telling } from "./telling.ts";

function tagOf(tellings: readonly Telling[], step: Tag["step"]): Tag {
  return { incidents: Object.fromEntries(tellings.map(({ incident }) => [incident.id, incident.revision])), step };
}

function inOrder(tellings: Iterable<Telling>): Incident[] {
  const incidents = [...tellings].map((telling) => telling.incident);
  return incidents.sort((a, b) => a.openedAt - b.openedAt || (a.id < b.id ? -1 : 1));
}

function lines(members: Iterable<Telling>, changed: readonly Telling[], late: boolean): Content {
  const ids = new Set(changed.map((telling) => telling.incident.id));
  return { kind: "group", incidents: inOrder(members), changed: ids, late };
}

/** A first message, for one incident or for several. */
export function postRequest(tellings: readonly Telling[], step: Tag["step"] = "opened"): SinkRequest {
  const [first] = tellings as [Telling, ...Telling[]];
  const content: Content =
    tellings.length === 1 ? { kind: "incident", incident: first.incident } : lines(tellings, tellings, first.late);
  return { action: "post", channel: first.channel, content, tag: tagOf(tellings, step) };
}

/** What speaks again in the thread of what is shown. */
export function replyRequest(
  message: Message,
  tellings: readonly Telling[],
  decision: Extract<SendDecision, { action: "reply" }>,
  now: number,
): SinkRequest {
  const { step } = decision;
  const [first] = tellings as [Telling, ...Telling[]];
  const content: Content =
    step === "reminder"
      ? { kind: "reminder", incidents: inOrder(tellings), now }
      : { kind: "reply", incident: first.incident, step };
  return { action: "reply", place: message.place, content, tag: tagOf(tellings, step) };
}

/** Brings what is shown up to date. */
export function updateRequest(message: Message, behind: readonly Telling[]): SinkRequest {
  const [first] = behind as [Telling, ...Telling[]];
  const content: Content = message.line
    ? lines(message.members, behind, message.late)
    : { kind: "incident", incident: first.incident };
  return { action: "update", place: message.place, content };
}

/** Memory of a first message that shows this revision. */
export function firstSent(
  { channel, late }: Telling,
  place: Place,
  line: boolean,
  revision: number,
  now: number,
): Sent {
  const shown = { channel, place, line, ...(late && line ? { late: true as const } : {}) };
  return { ...shown, revision, posted: revision, spokeAt: now, reminders: 0, gone: false };
}
