/** The sinks, listed by hand. */
import type { Writable } from "node:stream";
import type { Config } from "../../schemas/config.ts";
import type { Sink } from "./sink.ts";
import { createSlackSink } from "./slack.ts";
import { createTerminalSink } from "./terminal.ts";

export interface SinksOptions {
  readonly config: Pick<Config, "timezone" | "agents" | "defaults">;
  /** `SLACK_BOT_TOKEN`; without it alerts go to the terminal. */
  readonly slackToken?: string | undefined;
  /** `SLACK_API_URL`. */
  readonly slackApiUrl?: string | undefined;
  /** Where the terminal sink writes: standard output, as a rule. */
  readonly stream: Writable & { readonly isTTY?: boolean };
  /** Whether `NO_COLOR` is set (to anything but nothing). */
  readonly noColor: boolean;
}

export interface Sinks {
  /** What every alert goes to. */
  readonly sinks: readonly Sink[];
  /** Where an alert is shown as well while Slack refuses it; undefined where the terminal is the sink itself. */
  readonly fallback: Sink | undefined;
}

/** Slack when there is a token, else the terminal. */
export function createSinks({ config, slackToken, slackApiUrl, stream, noColor }: SinksOptions): Sinks {
  const timezoneOf = (agent: string) => {
    // A total that spans agents names none.
    if (agent === "") return config.timezone;
    const own = Object.hasOwn(config.agents, agent) ? config.agents[agent]?.timezone : undefined;
    return own ?? config.defaults.timezone ?? config.timezone;
  };
  const terminal = createTerminalSink({ stream, colors: stream.isTTY === true && !noColor, timezoneOf });
  if (slackToken === undefined || slackToken === "") return { sinks: [terminal], fallback: undefined };
  const api = slackApiUrl === undefined ? {} : { apiUrl: slackApiUrl };
  return { sinks: [createSlackSink({ token: slackToken, timezoneOf, ...api })], fallback: terminal };
}
