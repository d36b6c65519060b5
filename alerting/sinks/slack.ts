/** Incidents to Slack: one message each, edited in place; what speaks again is a reply shown in the channel. */

import type { Detail, Failure, Outcome, Sink, SinkRequest } from "./sink.ts";
import { createSlackClient } from "./slack-client.ts";
import { classifySlackError } from "./slack-errors.ts";
import { createSlackHistory } from "./slack-history.ts";
import { renderSlack, type SectionBlock, type TimezoneOf } from "./slack-message.ts";
import { writeTag } from "./slack-tag.ts";
import { sendSlackTest } from "./slack-test.ts";

export interface SlackSinkOptions {
  /** Bot token (xoxb-…), scope chat:write; with channels:history a doubtful send is looked up. */
  readonly token: string;
  /** `SLACK_API_URL`; default Slack's own. */
  readonly apiUrl?: string;
  /** Zone of the times in an agent's messages. */
  readonly timezoneOf: TimezoneOf;
  /** A request without an answer ends after this; default 10,000. */
  readonly timeoutMs?: number;
}

export function createSlackSink({ token, apiUrl, timezoneOf, timeoutMs }: SlackSinkOptions): Sink {
  const closing = new AbortController();
  const client = createSlackClient({
    token,
    signal: closing.signal,
    ...(apiUrl === undefined ? {} : { apiUrl }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  const history = createSlackHistory(client);
  const quiet = { unfurl_links: false, unfurl_media: false, link_names: false, parse: "none" } as const;

  function blocksOf(blocks: readonly SectionBlock[]): { blocks?: SectionBlock[] } {
    return blocks.length === 0 ? {} : { blocks: [...blocks] };
  }

  async function send(request: SinkRequest, detail: Detail): Promise<Outcome> {
    const { text, blocks } = renderSlack(request.content, detail, timezoneOf);
    if (request.action === "update") {
      const { channel, ts } = request.place;
      await client.chat.update({ channel, ts, text, blocks: [...blocks], link_names: false, parse: "none" });
      return { status: "sent", place: request.place };
    }
    const content = { text, ...blocksOf(blocks), metadata: writeTag(request.tag), ...quiet };
    const answer =
      request.action === "post"
        ? await client.chat.postMessage({ channel: request.channel, ...content })
        : await client.chat.postMessage({
            channel: request.place.channel,
            thread_ts: request.place.ts,
            reply_broadcast: true,
            ...content,
          });
    if (answer.ts === undefined || answer.channel === undefined) {
      return { status: "retry", reason: "unreadable_answer", afterMs: null, doubtful: true };
    }
    if (request.action === "post") history.learn(request.channel, answer.channel);
    return { status: "sent", place: { channel: answer.channel, ts: answer.ts } };
  }

  function failureOf(error: unknown): Failure {
    if (closing.signal.aborted) return { status: "retry", reason: "closed", afterMs: null, doubtful: true };
    return classifySlackError(error);
  }

  return {
    name: "slack",
    paced: true,
    replyUpdates: false,
    async deliver(request, detail) {
      try {
        return await send(request, detail);
      } catch (error) {
        return failureOf(error);
      }
    },
    findPosts: (channel, since) => history.posts(channel, since),
    findReplies: (place) => history.replies(place),
    test: (channel) => sendSlackTest(client, history, channel),
    close: () => closing.abort(),
  };
}
