/**
 * A sink shows incidents to people. The sender decides what to do and when; a sink does one request and says what
 * came of it. It never retries by itself, never throws for what the other side answers, and never puts a secret into
 * what it returns.
 */
import type { Incident, IncidentPost } from "../../schemas/incident.ts";

/** How much of a message is shown: `short` leaves out events and lines, `bare` is the headline as plain text. */
export type Detail = "full" | "short" | "bare";

/** What to show. */
export type Content =
  | { readonly kind: "incident"; readonly incident: Incident }
  /** One line each; `changed` are those that differ from what was shown before, `late`: it sums up an outage. */
  | {
      readonly kind: "group";
      readonly incidents: readonly Incident[];
      readonly changed: ReadonlySet<string>;
      readonly late?: boolean;
    }
  /** What is told anew about an incident that is already shown. */
  | { readonly kind: "reply"; readonly incident: Incident; readonly step: IncidentPost["step"] }
  | { readonly kind: "reminder"; readonly incidents: readonly Incident[]; readonly now: number };

/** What a post carries so that it can be found again: which incidents, which moment of their life. */
export interface Tag {
  /** Incident ids, each with the revision that is shown. */
  readonly incidents: Readonly<Record<string, number>>;
  readonly step: IncidentPost["step"] | "reminder";
}

/** Where something was shown, in the sink's own words: enough to edit it and to reply to it. */
export interface Place {
  readonly channel: string;
  readonly ts: string;
}

export type SinkRequest =
  /** `channel` as configured. */
  | { readonly action: "post"; readonly channel: string; readonly content: Content; readonly tag: Tag }
  | { readonly action: "reply"; readonly place: Place; readonly content: Content; readonly tag: Tag }
  | { readonly action: "update"; readonly place: Place; readonly content: Content };

export type Failure =
  /** Try again: after exactly `afterMs` where the other side said so. `doubtful`: it may have been taken. */
  | { readonly status: "retry"; readonly reason: string; readonly afterMs: number | null; readonly doubtful: boolean }
  /** Somebody must act before anything goes to this channel; `hint` says what to do. */
  | { readonly status: "refused"; readonly reason: string; readonly hint: string }
  /** This message is too long or not well formed for the other side. */
  | { readonly status: "unfit"; readonly reason: string }
  /** What was to be edited or replied to is no longer there. */
  | { readonly status: "gone"; readonly reason: string };

export type Outcome = { readonly status: "sent"; readonly place: Place } | Failure;

/** A post of ours that was found. */
export interface Found {
  readonly place: Place;
  /** When it was posted, Unix ms, by the other side's clock. */
  readonly at: number;
  readonly tag: Tag;
}

/** `unreadable`: the other side does not let us look. */
export type Lookup =
  | { readonly status: "read"; readonly found: readonly Found[] }
  | { readonly status: "unreadable"; readonly reason: string }
  | Extract<Failure, { status: "retry" }>;

/** What a test message did. */
export interface SinkTest {
  readonly ok: boolean;
  /** Sentences for a person, in order. */
  readonly said: readonly string[];
}

export interface Sink {
  readonly name: string;
  /** Whether messages a second and channel are limited (Slack: about one). */
  readonly paced: boolean;
  /** Whether a reply also brings what is shown up to date, so that no edit need follow. */
  readonly replyUpdates: boolean;
  /** The channel of a sink that has but one; otherwise routes choose it. */
  readonly onlyChannel?: string;
  deliver(request: SinkRequest, detail: Detail): Promise<Outcome>;
  /** First posts of ours in a channel since then (Unix ms). `channel` as configured, or as a place has it. */
  findPosts(channel: string, since: number): Promise<Lookup>;
  /** Replies of ours to a post. */
  findReplies(place: Place): Promise<Lookup>;
  /** Sends a test message to a channel and says what happened. */
  test(channel: string): Promise<SinkTest>;
  /** Ends what is under way; later requests are answered `retry`. */
  close(): void;
}
