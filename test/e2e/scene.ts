/** What an end-to-end test needs around the program, put away after each test, the last thing first. */
import { afterEach } from "vitest";
import { type SlackServer, type SlackServerOptions, startSlackServer } from "../fakes/slack-server.ts";
import { type StartOptions, start, temporaryDirectory, type Watchkeeper } from "./watchkeeper.ts";

export interface Scene {
  /** A directory of its own. */
  directory(): Promise<string>;
  slack(options?: SlackServerOptions): Promise<SlackServer>;
  /** Starts the program, in a directory of its own unless one is named. */
  start(options?: Partial<StartOptions>): Promise<Watchkeeper>;
  /** Runs after the test. */
  after(close: () => unknown): void;
}

/** Call once per file. */
export function createScene(): Scene {
  const closers: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });
  const after = (close: () => unknown): void => void closers.push(close);
  const directory = async (): Promise<string> => {
    const { path, dispose } = await temporaryDirectory();
    after(dispose);
    return path;
  };
  return {
    after,
    directory,
    async slack(options) {
      const server = await startSlackServer(options);
      after(() => server.close());
      return server;
    },
    async start(options = {}) {
      const running = await start({ ...options, directory: options.directory ?? (await directory()) });
      after(running.kill);
      return running;
    },
  };
}

/** The environment that sends alerts to this Slack. */
export function slackEnvironment(server: Pick<SlackServer, "url" | "token">): Record<string, string> {
  return { SLACK_BOT_TOKEN: server.token, SLACK_CHANNEL: "#agent-alerts", SLACK_API_URL: server.url };
}

/** An API call that costs this much, now; `fields` go over the rest. */
export function paidCall(agent: string, cost: number, fields: Record<string, unknown> = {}): object {
  const timestamp = new Date().toISOString();
  return { agent, timestamp, api: "openai", endpoint: "/v1/chat", response_code: 200, cost, ...fields };
}
