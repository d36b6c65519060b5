/** The test message of `alert test` in Slack, and what it shows about token, scopes and channel. */
import type { WebClient } from "@slack/web-api";
import { plain } from "./plain-text.ts";
import type { Failure, SinkTest } from "./sink.ts";
import { classifySlackError } from "./slack-errors.ts";
import type { SlackHistory } from "./slack-history.ts";

const TEXT =
  ":white_check_mark: *Watchkeeper* test message: alerts about your agents will look like this, in this channel.";

function wentWrong(what: string, failure: Failure): string {
  if (failure.status === "refused") return `${what}: ${failure.reason}. What to do: ${failure.hint}.`;
  if (failure.status === "retry" && failure.afterMs !== null) {
    return `${what}: ${failure.reason}. Slack asks to wait ${Math.ceil(failure.afterMs / 1000)} s.`;
  }
  if (failure.status === "retry") {
    return `Slack did not answer: ${failure.reason}. Is it reachable from this machine (SLACK_API_URL, proxy, firewall)?`;
  }
  return `${what}: ${failure.reason}.`;
}

export async function sendSlackTest(client: WebClient, history: SlackHistory, channel: string): Promise<SinkTest> {
  const said: string[] = [];
  try {
    const { user, team } = await client.auth.test();
    said.push(`The token is valid: ${plain(user ?? "the app", 80)} in ${plain(team ?? "the workspace", 80)}.`);
  } catch (error) {
    return { ok: false, said: [wentWrong("Slack does not take the token", classifySlackError(error))] };
  }
  try {
    const text = { type: "mrkdwn", text: TEXT, verbatim: true } as const;
    const answer = await client.chat.postMessage({ channel, text: TEXT, blocks: [{ type: "section", text }] });
    said.push(`Sent to ${channel} (${answer.channel ?? "?"}), ts ${answer.ts ?? "?"}.`);
    history.learn(channel, answer.channel ?? channel);
  } catch (error) {
    return {
      ok: false,
      said: [...said, wentWrong(`The message to ${channel} was not taken`, classifySlackError(error))],
    };
  }
  const lookup = await history.posts(channel, Date.parse("2100-01-01"));
  if (lookup.status === "read") {
    said.push("The channel's history can be read: a send that a crash left in doubt is looked up, not repeated.");
  } else {
    const hint = "With the scope channels:history (groups:history for private channels) it would be looked up.";
    said.push(
      `The channel's history cannot be read (${lookup.reason}): a send that a crash left in doubt is repeated. ${hint}`,
    );
  }
  return { ok: true, said };
}
