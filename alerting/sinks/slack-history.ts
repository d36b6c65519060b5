/** Looks for posts of ours in Slack: what was sent without our having recorded it. */
import type { WebClient } from "@slack/web-api";
import type { Found, Lookup, Place } from "./sink.ts";
import { classifySlackError } from "./slack-errors.ts";
import { readTag } from "./slack-tag.ts";

/** Pages of 200 messages: beyond it a post counts as absent, and is repeated. */
const MAX_PAGES = 10;
const PAGE = 200;

export interface SlackHistory {
  posts(channel: string, since: number): Promise<Lookup>;
  replies(place: Place): Promise<Lookup>;
  /** Where a configured channel turned out to be. */
  learn(configured: string, id: string): void;
}

interface SlackMessage {
  readonly ts?: string;
  readonly thread_ts?: string;
  readonly metadata?: unknown;
}

interface Page {
  readonly messages?: readonly SlackMessage[];
  readonly channels?: readonly { readonly id?: string; readonly name?: string }[];
  readonly response_metadata?: { readonly next_cursor?: string };
}

export function createSlackHistory(client: WebClient): SlackHistory {
  const ids = new Map<string, string>();

  async function* pages(method: string, options: Record<string, unknown>): AsyncGenerator<Page> {
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const answer: Page = await client.apiCall(method, cursor === undefined ? options : { ...options, cursor });
      yield answer;
      cursor = answer.response_metadata?.next_cursor;
      if (cursor === undefined || cursor === "") return;
    }
  }

  async function idOf(channel: string): Promise<string> {
    const name = channel.replace(/^#/, "");
    const known = ids.get(name);
    if (known !== undefined || /^[CGD][A-Z0-9]{6,}$/.test(name)) return known ?? name;
    const types = "public_channel,private_channel";
    for await (const { channels } of pages("conversations.list", { types, exclude_archived: true, limit: 1000 })) {
      for (const one of channels ?? []) if (one.name !== undefined && one.id !== undefined) ids.set(one.name, one.id);
      if (ids.has(name)) break;
    }
    return ids.get(name) ?? channel;
  }

  async function collect(
    method: string,
    channel: string,
    options: Record<string, unknown>,
    wanted: (message: SlackMessage) => boolean,
  ): Promise<Lookup> {
    const found: Found[] = [];
    for await (const { messages } of pages(method, { channel, include_all_metadata: true, limit: PAGE, ...options })) {
      for (const message of messages ?? []) {
        const tag = wanted(message) ? readTag(message.metadata) : undefined;
        if (tag === undefined || message.ts === undefined) continue;
        found.push({ place: { channel, ts: message.ts }, at: Number(message.ts) * 1000, tag });
      }
    }
    return { status: "read", found };
  }

  async function readable(read: () => Promise<Lookup>): Promise<Lookup> {
    try {
      return await read();
    } catch (error) {
      const failure = classifySlackError(error);
      return failure.status === "retry" ? failure : { status: "unreadable", reason: failure.reason };
    }
  }

  return {
    posts: (channel, since) =>
      readable(async () => {
        const oldest = (since / 1000).toFixed(6);
        // A reply that is shown in the channel carries the incident too, but is not its message.
        const isFirst = ({ ts, thread_ts }: SlackMessage) => thread_ts === undefined || thread_ts === ts;
        return collect("conversations.history", await idOf(channel), { oldest }, isFirst);
      }),
    replies: ({ channel, ts }) =>
      readable(() => collect("conversations.replies", channel, { ts }, (message) => message.ts !== ts)),
    learn: (configured, id) => void ids.set(configured.replace(/^#/, ""), id),
  };
}
