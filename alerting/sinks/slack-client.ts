/** The WebClient as the sender needs it: one request a call, no retries of its own, ended at once on close. */
import { type Logger, LogLevel, WebClient } from "@slack/web-api";

/** A request without an answer ends after this, and nothing of it can arrive any more. */
export const SLACK_TIMEOUT_MS = 10_000;

export interface SlackClientOptions {
  /** Bot token (xoxb-…). */
  readonly token: string;
  /** Base URL of the Web API; default Slack's own. */
  readonly apiUrl?: string;
  /** A request without an answer ends after this; default 10,000. */
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
}

/** The client's own log may hold what agents said; what happens is said by our telemetry instead. */
const silent: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  setLevel() {},
  getLevel: () => LogLevel.ERROR,
  setName() {},
};

export function createSlackClient({
  token,
  apiUrl,
  timeoutMs = SLACK_TIMEOUT_MS,
  signal,
}: SlackClientOptions): WebClient {
  return new WebClient(token, {
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
    logger: silent,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    timeout: timeoutMs,
    fetch: (url, init) => {
      const signals = init?.signal === undefined ? [signal] : [signal, init.signal];
      return fetch(url, { ...init, signal: AbortSignal.any(signals) });
    },
  });
}
