/**
 * One channel of one sink: what waits for it, in which order it goes, how fast, and what happens when it fails.
 * What speaks (posts, replies) goes before edits; a failure holds back the channel and keeps the order.
 */
import type { ChannelContext } from "./context.ts";
import { decideSend, type SendDecision } from "./decide-send.ts";
import { createJobs } from "./jobs.ts";
import { notificationOf } from "./notification.ts";
import { createOpenings } from "./openings.ts";
import { createBucket } from "./pace.ts";
import type { Message, Telling } from "./telling.ts";
import { type Trouble, troubleAfter } from "./trouble.ts";

/** Slack takes about a message a second and channel, and short bursts. */
const BURST = 3;
const MESSAGE_EVERY_MS = 1000;
/** An edit leaves this much of the burst to what speaks. */
const EDIT_LEAVES = 2;
const AT_ONCE = 3;
/** A channel that took nothing for so long is down, not slow. */
const OUT_AFTER_MS = 15_000;

export interface Channel {
  /** Looks at tellings anew: their incidents changed, or they were restored. */
  consider(...tellings: readonly Telling[]): void;
  trouble(): Trouble | undefined;
  /** Tellings and messages that wait. */
  pending(): number;
  /** Nothing is under way. */
  idle(): boolean;
  close(): void;
}

export function createChannel(name: string, context: ChannelContext): Channel {
  const { sink, clock, telemetry } = context;
  const openings = createOpenings(context.groupForMs, context.lateAfterMs);
  const bucket = createBucket(sink.paced ? BURST : Number.POSITIVE_INFINITY, MESSAGE_EVERY_MS);
  const edits = new Set<Message>();
  let doubtful: Telling[] = [];
  let speak: Telling[] = [];
  let trouble: Trouble | undefined;
  let running = 0;
  let closed = false;
  let cancelWake = () => {};

  const jobs = createJobs(name, context, {
    succeeded() {
      if (trouble?.refused) telemetry.recovered(sink.name, name);
      trouble = undefined;
    },
    failed(failure, tellings) {
      trouble = troubleAfter(trouble, failure, clock.now(), context.refusedRetryMs, context.random);
      if (failure.status === "refused") telemetry.refused(sink.name, name, failure.reason, failure.hint);
      if (!isOut()) return;
      for (const one of [...tellings, ...speak, ...doubtful, ...openings.waiting()]) context.showElsewhere(one);
    },
  });

  /** Nothing goes through for now: what waits is shown elsewhere as well. */
  function isOut(): boolean {
    return trouble !== undefined && (trouble.refused || clock.now() - trouble.since >= OUT_AFTER_MS);
  }

  function decide(telling: Telling): SendDecision {
    if (telling.dropped) return { action: "none", reason: "unchanged" };
    return decideSend(telling.sent, telling.incident, clock.now(), context.repeatEveryMs);
  }

  function consider(...tellings: readonly Telling[]): void {
    for (const telling of tellings) look(telling);
    pump();
  }

  function look(telling: Telling): void {
    if (closed || telling.dropped || telling.busy || telling.message?.busy) return;
    telling.cancelReminder?.();
    telling.cancelReminder = undefined;
    const decision = decide(telling);
    if (decision.action === "post" || decision.action === "reply") queue(telling, decision);
    else if (decision.action === "update") edits.add(telling.message as Message);
    else rest(telling, decision);
  }

  function queue(telling: Telling, decision: SendDecision): void {
    if (isOut()) context.showElsewhere(telling);
    if (telling.queued !== undefined) return;
    if (telling.doubtful && telling.sent === undefined) {
      telling.queued = "doubt";
      doubtful.push(telling);
      return;
    }
    const alone = speak.filter((other) => other.sent === undefined).length;
    const where = decision.reason === "first" ? openings.add(telling, clock.now(), alone) : "alone";
    telling.queued = where === "group" ? "group" : "speak";
    if (where === "alone") speakInTurn(telling);
  }

  /** What opened first is told first, also where a look at the history came in between. */
  function speakInTurn(telling: Telling): void {
    const { openedAt } = telling.incident;
    const isLater = (other: Telling) => other.sent === undefined && other.incident.openedAt > openedAt;
    const at = telling.sent === undefined ? speak.findIndex(isLater) : -1;
    speak.splice(at === -1 ? speak.length : at, 0, telling);
  }

  function rest(telling: Telling, decision: Extract<SendDecision, { action: "none" }>): void {
    if (decision.reason === "hidden" && !telling.hiddenNoted) {
      telling.hiddenNoted = true;
      const { incident, arrivedAt } = telling;
      const facts = { at: clock.now(), sink: sink.name, channel: name, action: "none", error: "" } as const;
      void telling.memory.record(sink.name, [], [notificationOf({ ...facts, incident, arrivedAt, reason: "hidden" })]);
    }
    if (decision.lookAgainAt !== undefined) {
      telling.cancelReminder = clock.after(decision.lookAgainAt - clock.now(), () => consider(telling));
    }
    if (telling.forgotten) context.settled(telling);
  }

  /** Runs a job with its tellings held; `again` puts back what has to be tried again, at the front. */
  function run(tellings: readonly Telling[], job: () => Promise<boolean>, again: () => void): void {
    const messages = new Set(tellings.flatMap(({ message }) => (message === undefined ? [] : [message])));
    const held = new Set([...tellings, ...[...messages].flatMap((message) => [...message.members])]);
    const hold = (busy: boolean) => {
      for (const telling of tellings) telling.busy = busy;
      for (const message of messages) message.busy = busy;
    };
    hold(true);
    running += 1;
    const done = job()
      .catch((error: unknown) => {
        telemetry.failed("job", error);
        trouble = troubleAfter(
          trouble,
          { status: "retry", reason: "sender_failed", afterMs: null, doubtful: true },
          clock.now(),
          context.refusedRetryMs,
          context.random,
        );
        return false;
      })
      .then((done) => {
        running -= 1;
        hold(false);
        if (!done) again();
        consider(...held);
      });
    for (const memory of new Set(tellings.map((telling) => telling.memory))) memory.expect(done);
  }

  function backToFront(tellings: readonly Telling[]): void {
    for (const telling of tellings) telling.queued = undefined;
    const doubts = tellings.filter((telling) => telling.doubtful && telling.sent === undefined);
    const others = tellings.filter((telling) => !doubts.includes(telling));
    for (const telling of doubts) telling.queued = "doubt";
    doubtful = [...doubts, ...doubtful];
    if (others.length > 1 && others.every((telling) => telling.sent === undefined)) {
      for (const telling of others) telling.queued = "group";
      openings.putBack(others);
      return;
    }
    for (const telling of others) telling.queued = "speak";
    speak = [...others, ...speak];
  }

  function startLookUp(now: number): boolean {
    doubtful = doubtful.filter((telling) => !telling.dropped);
    const tellings = doubtful.filter((telling) => telling.notBefore <= now);
    if (tellings.length === 0) return false;
    doubtful = doubtful.filter((telling) => telling.notBefore > now);
    const rejoin = () => backToFront(tellings.filter((telling) => telling.sent === undefined));
    run(
      tellings,
      () =>
        jobs.lookUp(tellings).then((done) => {
          for (const telling of tellings) telling.queued = undefined;
          return done;
        }),
      rejoin,
    );
    return true;
  }

  function startSpeaking(now: number): boolean {
    const index = speak.findIndex((t) => !t.busy && !t.message?.busy && t.notBefore <= now);
    const telling = speak[index];
    if (telling === undefined || !bucket.take(now)) return false;
    speak.splice(index, 1);
    telling.queued = undefined;
    const decision = decide(telling);
    if (decision.action === "post") {
      run(
        [telling],
        () => jobs.post([telling], decision.reason),
        () => backToFront([telling]),
      );
    } else if (decision.action === "reply") {
      const message = telling.message as Message;
      const isDue = (other: Telling) => other === telling || decide(other).reason === "reminder";
      const tellings = decision.step === "reminder" ? [...message.members].filter(isDue) : [telling];
      run(
        tellings,
        () => jobs.reply(message, tellings, decision),
        () => backToFront([telling]),
      );
    } else look(telling);
    return true;
  }

  function startGroup(now: number): boolean {
    const dueAt = openings.groupDueAt();
    if (dueAt === undefined || dueAt > now || !bucket.take(now)) return false;
    const tellings = openings.takeGroup(now).filter((telling) => {
      telling.queued = undefined;
      return decide(telling).action === "post";
    });
    if (tellings.length === 0) return true;
    run(
      tellings,
      () => jobs.post(tellings, "first"),
      () => backToFront(tellings),
    );
    return true;
  }

  function startEdit(now: number): boolean {
    const message = [...edits].find((one) => !one.busy && [...one.members].every((t) => t.notBefore <= now));
    if (message === undefined || bucket.readyAt(now, EDIT_LEAVES) > now || !context.edits.take(now)) return false;
    bucket.take(now, EDIT_LEAVES);
    edits.delete(message);
    const behind = [...message.members].filter((telling) => decide(telling).action === "update");
    if (behind.length === 0) return true;
    run(
      behind,
      () => jobs.edit(message, behind),
      () => void edits.add(message),
    );
    return true;
  }

  function wakeAt(now: number): number | undefined {
    if (trouble !== undefined && trouble.until > now) return pending() > 0 ? trouble.until : undefined;
    const times: number[] = [];
    if (speak.length > 0) times.push(Math.max(bucket.readyAt(now), Math.min(...speak.map((t) => t.notBefore))));
    if (doubtful.length > 0) times.push(Math.min(...doubtful.map((t) => t.notBefore)));
    const group = openings.groupDueAt();
    if (group !== undefined) times.push(Math.max(group, bucket.readyAt(now)));
    for (const message of edits) {
      const stuck = Math.max(...[...message.members].map((t) => t.notBefore));
      times.push(Math.max(bucket.readyAt(now, EDIT_LEAVES), context.edits.readyAt(now), stuck));
    }
    // What waits only for a request under way is looked at when that ends.
    const later = times.filter((time) => time > now);
    return later.length === 0 ? undefined : Math.min(...later);
  }

  function pump(): void {
    cancelWake();
    cancelWake = () => {};
    // One reading for what is too early now and for when to look again: between two, the moment could pass unseen.
    let now: number;
    for (;;) {
      now = clock.now();
      if (closed || (trouble !== undefined && (trouble.until > now || running > 0)) || running >= AT_ONCE) break;
      if (!startLookUp(now) && !startSpeaking(now) && !startGroup(now) && !startEdit(now)) break;
    }
    if (closed) return;
    const at = wakeAt(now);
    if (at !== undefined) cancelWake = clock.after(at - now, pump);
  }

  function pending(): number {
    return doubtful.length + speak.length + openings.size + edits.size + running;
  }

  return {
    consider,
    trouble: () => trouble,
    pending,
    idle: () => running === 0,
    close() {
      closed = true;
      cancelWake();
    },
  };
}
