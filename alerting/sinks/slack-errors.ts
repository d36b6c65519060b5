/** What an error of Slack means for the sender, and what a person can do about it. */
import {
  ErrorCode,
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
} from "@slack/web-api";
import type { Failure } from "./sink.ts";

/** Wrong until somebody acts. */
const HINTS: Readonly<Record<string, string>> = {
  not_authed: "set SLACK_BOT_TOKEN to the bot token of the app (it starts with xoxb-)",
  invalid_auth: "SLACK_BOT_TOKEN is not valid: copy the bot token (xoxb-…) from the app's page OAuth & Permissions",
  token_revoked: "the token was revoked: install the app again and set its new SLACK_BOT_TOKEN",
  token_expired: "the token has expired: install the app again and set its new SLACK_BOT_TOKEN",
  account_inactive: "the app or its user was removed: install the app again and set its new SLACK_BOT_TOKEN",
  not_in_channel: "invite the app to the channel (/invite @its-name), or give it the scope chat:write.public",
  channel_not_found: "check the channel's name, and invite the app when the channel is private",
  is_archived: "the channel is archived: choose another in slack.channel, routes or SLACK_CHANNEL",
  missing_scope: "give the app the scope chat:write (OAuth & Permissions), then install it again",
  no_permission: "the workspace does not let this app post: ask its administrators, or give it the scope chat:write",
  restricted_action: "the workspace or the channel restricts who may post: ask its administrators",
  ekm_access_denied: "the workspace's administrators have suspended posting",
  team_access_not_granted: "the app may not act in this workspace: install it there",
  not_allowed_token_type: "use a bot token (xoxb-…)",
};

const UNFIT: ReadonlySet<string> = new Set([
  "msg_too_long",
  "msg_blocks_too_long",
  "invalid_blocks",
  "invalid_blocks_format",
  "too_many_attachments",
  "invalid_metadata_format",
  "invalid_metadata_schema",
  "metadata_too_large",
  "no_text",
]);
const GONE: ReadonlySet<string> = new Set([
  "message_not_found",
  "thread_not_found",
  "cant_update_message",
  "edit_window_closed",
  "cannot_reply_to_message",
]);
/** Slack's own trouble, said with status 200. */
const PASSING: ReadonlySet<string> = new Set([
  "internal_error",
  "fatal_error",
  "service_unavailable",
  "request_timeout",
  "team_added_to_org",
  "accesslimited",
]);
/** The request never reached Slack. */
const UNSENT: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** Codes that Slack lets us see: lower case words, so that nothing else can come along. */
function codeOf(error: string): string {
  return /^[a-z0-9_]{1,60}$/.test(error) ? error : "unreadable_answer";
}

function causeOf(error: WebAPIRequestError): string {
  const { original } = error;
  const cause = original.cause instanceof Error ? original.cause : original;
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : cause.name;
  return /^[A-Za-z0-9_]{1,60}$/.test(code) ? code : "network_error";
}

function retry(
  reason: string,
  doubtful: boolean,
  afterMs: number | null = null,
): Extract<Failure, { status: "retry" }> {
  return { status: "retry", reason, afterMs, doubtful };
}

function classifyAnswer(error: WebAPIPlatformError): Failure {
  const code = codeOf(error.data.error);
  const { retryAfter } = error.data.response_metadata ?? {};
  if (code === "ratelimited" || code === "rate_limited") {
    return retry("ratelimited", false, retryAfter === undefined ? null : retryAfter * 1000);
  }
  if (code === "unreadable_answer" || PASSING.has(code)) return retry(code, true);
  if (UNFIT.has(code)) return { status: "unfit", reason: code };
  if (GONE.has(code)) return { status: "gone", reason: code };
  // What we do not know is said loudly and tried again: it is never dropped.
  return {
    status: "refused",
    reason: code,
    hint: HINTS[code] ?? "look it up among the errors at docs.slack.dev/reference/methods/chat.postMessage",
  };
}

/** What went wrong, in words without the token. Anything unknown is tried again. */
export function classifySlackError(error: unknown): Failure {
  if (error instanceof WebAPIRateLimitedError) return retry("ratelimited", false, error.retryAfter * 1000);
  if (error instanceof WebAPIPlatformError) return classifyAnswer(error);
  if (error instanceof WebAPIHTTPError) {
    return retry(`http_${error.statusCode}`, error.statusCode >= 500);
  }
  if (error instanceof WebAPIRequestError) {
    const cause = causeOf(error);
    return retry(cause, !UNSENT.has(cause));
  }
  const limited = error instanceof Error && /Retry header/.test(error.message);
  return limited ? retry("ratelimited", false) : retry(ErrorCode.RequestError, true);
}
