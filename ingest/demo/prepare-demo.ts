/** `up --demo`: a folder, an environment and a configuration of its own; never anybody's Kafka, Slack or data. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { stringify } from "yaml";
import { openToLook } from "../looking.ts";
import { demoVariables, type Variables } from "../settings/environment-names.ts";
import { parseConfig } from "../settings/load-config.ts";
import { loadSettings, type Settings } from "../settings/settings.ts";
import { demoFleet } from "./demo-fleet.ts";
import { runDemo } from "./run-demo.ts";

export interface PrepareDemoOptions {
  readonly variables: Variables;
  readonly stdout: NodeJS.WriteStream;
  readonly logger: Logger;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** What the demonstration needs of the program it runs against. */
interface DemoTarget {
  readonly url: string;
  learnNow(): Promise<void>;
}

export interface Demo {
  /** To start the program with. */
  readonly settings: Settings;
  /** Plays the story; resolves at its end, on a terminal when the signal says so. */
  tell(target: DemoTarget, signal: AbortSignal): Promise<void>;
}

/** Alerts of the last step still come in. */
const LAST_ALERTS_MS = 3_000;

export function prepareDemo({ variables, stdout, logger, now, sleep }: PrepareDemoOptions): Demo {
  const directory = mkdtempSync(join(tmpdir(), "watchkeeper-demo-"));
  const own = { WATCHKEEPER_HTTP_PORT: "0", ...demoVariables(variables), WATCHKEEPER_DATA_DIR: directory };
  const fleet = demoFleet({ now: now(), random: Math.random });
  const configPath = join(directory, "watchkeeper.yaml");
  // Looking commands read the same configuration.
  writeFileSync(configPath, stringify(fleet.config));
  const settings = { ...loadSettings(own, () => undefined), config: parseConfig(fleet.config), configPath };
  const say = (line: string): void => void stdout.write(`${line}\n`);

  async function stored(events: number): Promise<void> {
    const looking = await openToLook(settings, logger);
    try {
      for (let count = 0; count < events; await delay(100)) {
        for await (const row of looking.ask("SELECT count() FROM events", {})) count = Number(row[0]) || 0;
      }
    } finally {
      await looking.close();
    }
  }

  return {
    settings,
    async tell(target, signal) {
      await runDemo({ fleet, url: target.url, stored, learn: target.learnNow, say, now, sleep, signal });
      await sleep(LAST_ALERTS_MS, signal);
      if (signal.aborted) return;
      say("\nThat was the demonstration. Try next, in another terminal:\n");
      say(`  export WATCHKEEPER_DATA_DIR=${directory} WATCHKEEPER_CONFIG=${configPath}`);
      const stays = stdout.isTTY === true;
      // Only a running `up` knows its incidents.
      const commands = [
        ...(stays ? ["incidents"] : []),
        "review",
        "events --agent code_reviewer --from now-30m",
        "query @",
      ];
      for (const command of commands) say(`  npx watchkeeper ${command}`);
      say('\nand for your own agents: npm start, then the first event (README, "Run it").');
      // Somebody who watches may go on trying; a script wants its end.
      if (!stays) return;
      say(`Ctrl-C ends it; ${directory} stays until you remove it.`);
      await new Promise<void>((done) => signal.addEventListener("abort", () => done(), { once: true }));
    },
  };
}
