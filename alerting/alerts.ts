/** Where incidents are told, as configuration and environment say: sinks, and the sender in front of them. */
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { Config } from "../schemas/config.ts";
import { createSystemClock } from "./clock.ts";
import { createRouter } from "./send/route.ts";
import { createSender, type Sender } from "./sender.ts";
import { createSinks } from "./sinks/registry.ts";
import { SLACK_TIMEOUT_MS } from "./sinks/slack-client.ts";
import { type AlertingTelemetry, createAlertingTelemetry } from "./telemetry.ts";

export interface AlertsOptions {
  readonly config: Config;
  readonly slack: { readonly botToken: string | undefined; readonly apiUrl: string | undefined };
  /** Where alerts go that no route takes. */
  readonly slackChannel: string | undefined;
  /** Where alerts are shown when there is no Slack token. */
  readonly terminal: NodeJS.WriteStream;
  readonly noColor: boolean;
  /** Whether other processes send as well, and partitions go from one to the other. */
  readonly isShared: boolean;
  readonly logger: Logger;
  readonly registry: Registry;
}

export interface Alerts {
  readonly sender: Sender;
  readonly telemetry: AlertingTelemetry;
}

/** Sends nothing until partitions are opened on the sender. */
export function createAlerts({ config, slack, terminal, noColor, ...options }: AlertsOptions): Alerts {
  const { sinks, fallback } = createSinks({
    ...{ config, noColor, stream: terminal, slackToken: slack.botToken, slackApiUrl: slack.apiUrl },
  });
  const telemetry = createAlertingTelemetry({ ...options, pending: () => sender.pending() });
  const sender: Sender = createSender({
    ...{ sinks, telemetry, clock: createSystemClock(), random: Math.random },
    ...(fallback === undefined ? {} : { fallback }),
    channelOf: createRouter(config, options.slackChannel ?? ""),
    groupForMs: config.alerts.groupFor,
    repeatEveryMs: config.alerts.repeatEvery,
    lookAgainMs: options.isShared ? SLACK_TIMEOUT_MS : 0,
  });
  return { sender, telemetry };
}
