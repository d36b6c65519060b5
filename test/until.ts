import { setTimeout as delay } from "node:timers/promises";

/** Less than a test may take, so that the one that fails is told by what it waited for. */
const GIVE_UP_MS = 90_000;
const LONGEST_PAUSE_MS = 50;

/** Waits until a condition gives something, which it resolves with, and says which one it was when it never does. */
export async function until<T>(condition: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> {
  const giveUpAt = performance.now() + GIVE_UP_MS;
  for (let pause = 1; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > giveUpAt) throw new Error(`waited in vain for ${condition}`);
    await delay(pause);
  }
}
