/** Plays the demonstration against a running gateway: history first, then the story as it happens. */
import { WatchkeeperError } from "../../schemas/errors.ts";
import type { DemoFleet } from "./demo-fleet.ts";

export interface RunDemoOptions {
  readonly fleet: DemoFleet;
  /** The gateway. */
  readonly url: string;
  /** Resolves when everything that was posted is stored. */
  readonly stored: (events: number) => Promise<void>;
  /** Resolves when what was learned from the history is in force. */
  readonly learn: () => Promise<void>;
  readonly say: (line: string) => void;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Resolves when the story is told or the signal stops it. */
export async function runDemo(options: RunDemoOptions): Promise<void> {
  const { fleet, url, say, signal, now, sleep } = options;
  say(`A fleet of ${fleet.agents.length} agents: ${fleet.agents.join(", ")}.`);
  const began = now();
  let events = 0;
  for (const body of fleet.history) {
    if (signal.aborted) return;
    events += await post(`${url}/v1/events?backfill=1`, body);
  }
  say(
    `Four weeks of their history: ${events.toLocaleString("en-US")} events, taken in within ${seconds(now() - began)}.`,
  );
  await options.stored(events);
  await options.learn();
  say(`What is normal for each of them: learned after ${seconds(now() - began)}. Now the watch begins.`);
  say("");
  const start = now();
  for (const step of fleet.story) {
    await sleep(Math.max(0, start + step.afterMs - now()), signal);
    if (signal.aborted) return;
    await post(`${url}/v1/events`, step.lines(now()));
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

async function post(url: string, body: string): Promise<number> {
  const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/x-ndjson" }, body });
  const verdict = (await answer.json()) as { accepted?: number; rejected?: readonly { error: string }[] };
  if (answer.status !== 200 || (verdict.rejected?.length ?? 0) > 0) {
    throw new WatchkeeperError(`The gateway did not take the demonstration's events: ${JSON.stringify(verdict)}`, {
      code: "demo_refused",
    });
  }
  return verdict.accepted ?? 0;
}
