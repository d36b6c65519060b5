/** One request or one look at a sink: made, timed, understood, and its failure recorded once. */
import type { NotificationRecord } from "../../schemas/incident.ts";
import type { Detail, Failure, Found, Lookup, Outcome, SinkRequest } from "../sinks/sink.ts";
import type { ChannelContext } from "./context.ts";
import { notificationOf } from "./notification.ts";
import type { Sent } from "./sent.ts";
import type { Telling } from "./telling.ts";

/** What the channel wants to know of each request. */
export interface JobReport {
  succeeded(): void;
  failed(failure: Extract<Failure, { status: "retry" | "refused" }>, tellings: readonly Telling[]): void;
}

/** What is written about one telling. */
interface Recorded {
  readonly telling: Telling;
  readonly sent?: Sent;
  readonly note?: NotificationRecord;
}

/** What a look at the sink brought. */
interface Seen {
  /** Empty where it may not be read. */
  readonly found: readonly Found[];
  /** What is not found may still come: a former owner may have had it on its way. */
  readonly isTooEarly: boolean;
}

export interface Attempts {
  record(changes: readonly Recorded[]): Promise<unknown>;
  noteOf(
    telling: Telling,
    at: number,
    action: NotificationRecord["action"],
    reason: string,
    error?: string,
  ): NotificationRecord;
  request(tellings: readonly Telling[], what: SinkRequest): Promise<{ readonly at: number; readonly outcome: Outcome }>;
  /** Undefined: try again. Afterwards none of these is doubtful. */
  look(find: () => Promise<Lookup>, tellings: readonly Telling[]): Promise<Seen | undefined>;
}

const SHORTER: Record<Detail, Detail> = { full: "short", short: "bare", bare: "bare" };

/** Another process may have taken the partition: it is asked again, unless the partition is closed meanwhile. */
const NOT_OURS: Outcome = { status: "retry", reason: "ownership_unsure", afterMs: 1000, doubtful: false };

export function createAttempts(channel: string, context: ChannelContext, report: JobReport): Attempts {
  const { sink, clock, telemetry } = context;

  function record(changes: readonly Recorded[]): Promise<unknown> {
    const memories = new Set(changes.map(({ telling }) => telling.memory));
    return Promise.all(
      [...memories].map((memory) => {
        const mine = changes.filter(({ telling }) => telling.memory === memory);
        return memory.record(
          sink.name,
          mine.flatMap(({ telling, sent }) => (sent === undefined ? [] : [{ id: telling.incident.id, sent }])),
          mine.flatMap(({ note }) => (note === undefined ? [] : [note])),
        );
      }),
    );
  }

  function noteOf(
    telling: Telling,
    at: number,
    action: NotificationRecord["action"],
    reason: string,
    error = "",
  ): NotificationRecord {
    const { incident, arrivedAt, sent } = telling;
    const count = sent?.reminders ?? 0;
    return notificationOf({ incident, at, sink: sink.name, channel, action, reason, error, arrivedAt, count });
  }

  async function request(tellings: readonly Telling[], what: SinkRequest): Promise<{ at: number; outcome: Outcome }> {
    const at = clock.now();
    const details = tellings.map((telling) => telling.detail);
    const detail = details.includes("bare") ? "bare" : details.includes("short") ? "short" : "full";
    let outcome: Outcome;
    try {
      const isOwner = tellings.every((telling) => telling.memory.isOwner());
      outcome = isOwner ? await sink.deliver(what, detail) : NOT_OURS;
    } catch (error) {
      telemetry.failed("deliver", error);
      outcome = { status: "retry", reason: "sink_failed", afterMs: null, doubtful: true };
    }
    telemetry.requested(sink.name, what.action, (clock.now() - at) / 1000);
    if (outcome.status === "sent") report.succeeded();
    else await fail(tellings, what.action, at, outcome);
    return { at, outcome };
  }

  async function fail(tellings: readonly Telling[], action: SinkRequest["action"], at: number, failure: Failure) {
    if (failure.status === "unfit") {
      for (const telling of tellings) {
        if (telling.detail === "bare") telling.notBefore = at + context.refusedRetryMs;
        telling.detail = SHORTER[telling.detail];
      }
    } else if (failure.status !== "gone") {
      if (failure.status === "retry" && failure.doubtful && action !== "update") {
        for (const telling of tellings) telling.doubtful = true;
      }
      report.failed(failure, tellings);
    }
    const fresh = tellings.filter((telling) => telling.failure !== failure.reason);
    for (const telling of fresh) telling.failure = failure.reason;
    const reason = failure.status === "retry" ? "retry" : failure.status;
    await record(fresh.map((telling) => ({ telling, note: noteOf(telling, at, action, reason, failure.reason) })));
  }

  async function look(find: () => Promise<Lookup>, tellings: readonly Telling[]): Promise<Seen | undefined> {
    const at = clock.now();
    const lookup = await find();
    if (lookup.status === "retry") {
      report.failed(lookup, tellings);
      return undefined;
    }
    for (const telling of tellings) telling.doubtful = false;
    if (lookup.status !== "read") return { found: [], isTooEarly: false };
    return { found: lookup.found, isTooEarly: tellings.some(({ lookAgainAt }) => lookAgainAt > at) };
  }

  return { record, noteOf, request, look };
}
