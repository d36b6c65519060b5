/** Replays against the `up` that runs on the data directory. */
import { mustRun } from "../ask-running.ts";
import { createIntake } from "../intake/intake.ts";
import type { Settings } from "../settings/settings.ts";
import { createPostEvents } from "./post-events.ts";
import { createReplay, type ReplayOptions } from "./replay.ts";

export interface OpenReplayOptions extends Pick<ReplayOptions, "isStored" | "now"> {
  readonly settings: Settings;
  readonly signal: AbortSignal;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Error `up_is_not_running`: what comes back must be judged and stored. */
export async function openReplay(options: OpenReplayOptions): Promise<ReturnType<typeof createReplay>> {
  const { settings, signal, sleep, isStored, now } = options;
  const running = await mustRun(settings.environment.dataDir, "and the letters are posted to it");
  const { limits, prices } = settings.config;
  const post = createPostEvents({ url: running.url, token: running.token, fetch, sleep, signal });
  return createReplay({ intake: createIntake({ lineBytes: limits.lineBytes, prices }), isStored, post, now });
}
