/** The requests of one channel: each is made, understood and recorded before the next one about the same incident. */
import type { NotificationRecord } from "../../schemas/incident.ts";
import type { Found, Place } from "../sinks/sink.ts";
import { createAttempts, type JobReport } from "./attempt.ts";
import type { ChannelContext } from "./context.ts";
import { decideSend, outstanding, type SendDecision } from "./decide-send.ts";
import { firstSent, postRequest, replyRequest, updateRequest } from "./request.ts";
import type { Sent } from "./sent.ts";
import type { Message, Telling } from "./telling.ts";

export interface Jobs {
  /** False: it has to be tried again. */
  post(tellings: readonly Telling[], reason: string): Promise<boolean>;
  reply(
    message: Message,
    tellings: readonly Telling[],
    decision: Extract<SendDecision, { action: "reply" }>,
  ): Promise<boolean>;
  edit(message: Message, behind: readonly Telling[]): Promise<boolean>;
  /** Looks for first posts that may have been taken; afterwards none is doubtful but those for which it was too early. */
  lookUp(tellings: readonly Telling[]): Promise<boolean>;
}

/** A post may show in the channel's history a little before our own clock's idea of the opening. */
const CLOCKS_APART_MS = 5 * 60_000;

export function createJobs(channel: string, context: ChannelContext, report: JobReport): Jobs {
  const { sink, clock } = context;
  const { record, noteOf, request, look } = createAttempts(channel, context, report);

  /** The message is no longer there: what has to be said next gets a message of its own. */
  async function lose(message: Message): Promise<void> {
    const changes = [...message.members].flatMap((telling) => {
      if (telling.sent === undefined) return [];
      telling.sent = { ...telling.sent, gone: true };
      return [{ telling, sent: telling.sent }];
    });
    await record(changes);
  }

  function told(telling: Telling, sent: Sent): void {
    telling.sent = sent;
    telling.arrivedAt = null;
    telling.failure = undefined;
    telling.doubtful = false;
  }

  function showAt(place: Place, tellings: readonly Telling[], line: boolean): void {
    const late = line && tellings.some((telling) => telling.late);
    const message: Message = { place, line, late, members: new Set(tellings), busy: false };
    for (const telling of tellings) {
      telling.message?.members.delete(telling);
      telling.message = message;
    }
  }

  function postpone(tellings: readonly Telling[]): void {
    for (const telling of tellings) {
      telling.doubtful = true;
      telling.notBefore = Math.max(...tellings.map(({ lookAgainAt }) => lookAgainAt));
    }
  }

  async function post(tellings: readonly Telling[], reason: string): Promise<boolean> {
    const shown = new Map(tellings.map((telling) => [telling, telling.incident]));
    const { at, outcome } = await request(tellings, postRequest(tellings));
    if (outcome.status !== "sent") return false;
    const line = tellings.length > 1;
    const changes = [...shown].map(([telling, incident]) => {
      const current = { ...telling, incident };
      const note = noteOf(current, at, "post", line ? (telling.late ? "late" : "grouped") : reason);
      const sent = firstSent(telling, outcome.place, line, incident.revision, at);
      told(telling, sent);
      return { telling, sent, note };
    });
    showAt(outcome.place, tellings, line);
    await record(changes);
    return true;
  }

  async function wasReplied(
    message: Message,
    tellings: readonly Telling[],
    decision: Extract<SendDecision, { action: "reply" }>,
  ): Promise<boolean | undefined> {
    const seen = await look(() => sink.findReplies(message.place), tellings);
    if (seen === undefined) return undefined;
    const covers = (found: Found, telling: Telling) => {
      const revision = found.tag.incidents[telling.incident.id];
      if (revision === undefined || telling.sent === undefined) return false;
      if (decision.step === "reminder") return found.tag.step === "reminder" && found.at > telling.sent.spokeAt;
      return found.tag.step !== "reminder" && revision >= (outstanding(telling.sent, telling.incident)?.revision ?? 0);
    };
    const isFound = seen.found.some((found) => tellings.every((telling) => covers(found, telling)));
    if (isFound || !seen.isTooEarly) return isFound;
    postpone(tellings);
    return undefined;
  }

  return {
    post,
    async reply(message, tellings, decision) {
      const reminder = decision.step === "reminder";
      let found = false;
      if (tellings.some((telling) => telling.doubtful)) {
        const answer = await wasReplied(message, tellings, decision);
        if (answer === undefined) return false;
        found = answer;
      }
      const shown = new Map(tellings.map((telling) => [telling, telling.incident]));
      let at = clock.now();
      if (!found) {
        const answer = await request(tellings, replyRequest(message, tellings, decision, at));
        if (answer.outcome.status === "gone") await lose(message);
        if (answer.outcome.status !== "sent") return answer.outcome.status === "gone";
        at = answer.at;
      }
      const changes = [...shown].flatMap(([telling, incident]) => {
        const before = telling.sent;
        if (before === undefined) return [];
        const note = found
          ? noteOf(telling, at, "none", "found_in_history")
          : noteOf({ ...telling, incident }, at, "reply", decision.reason);
        const posted = reminder ? before.posted : incident.revision;
        const revision = sink.replyUpdates && !found && !reminder ? incident.revision : before.revision;
        const reminders = before.reminders + (reminder ? 1 : 0);
        const sent = { ...before, posted, revision, reminders, spokeAt: at };
        told(telling, sent);
        return [{ telling, sent, note }];
      });
      await record(changes);
      return true;
    },
    async edit(message, behind) {
      const shown = new Map(behind.map((telling) => [telling, telling.incident]));
      const { at, outcome } = await request(behind, updateRequest(message, behind));
      if (outcome.status === "gone") await lose(message);
      if (outcome.status !== "sent") return outcome.status === "gone";
      const changes = [...shown].flatMap(([telling, incident]) => {
        const before = telling.sent;
        if (before === undefined) return [];
        const decision = decideSend(before, incident, at, 0);
        const note = noteOf({ ...telling, incident }, at, "update", decision.reason);
        const sent = { ...before, revision: incident.revision };
        told(telling, sent);
        return [{ telling, sent, note }];
      });
      await record(changes);
      return true;
    },
    async lookUp(tellings) {
      const [first] = tellings as [Telling, ...Telling[]];
      const since = Math.min(...tellings.map(({ incident }) => incident.openedAt)) - CLOCKS_APART_MS;
      const seen = await look(() => sink.findPosts(first.channel, since), tellings);
      if (seen === undefined) return false;
      const at = clock.now();
      const changes: { telling: Telling; sent: Sent; note: NotificationRecord }[] = [];
      for (const { place, tag } of seen.found) {
        const mine = tellings.filter(
          ({ incident, sent }) => sent === undefined && tag.incidents[incident.id] !== undefined,
        );
        const line = Object.keys(tag.incidents).length > 1;
        for (const telling of mine) {
          const note = noteOf(telling, at, "none", "found_in_history");
          const sent = firstSent(telling, place, line, tag.incidents[telling.incident.id] as number, at);
          told(telling, sent);
          changes.push({ telling, sent, note });
        }
        if (mine.length > 0) showAt(place, mine, line);
      }
      if (seen.isTooEarly) postpone(tellings.filter(({ sent }) => sent === undefined));
      await record(changes);
      return true;
    },
  };
}
