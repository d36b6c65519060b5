/** `watchkeeper alert test`: through every sink that is configured, to every channel that is named. */
import type { Config } from "../schemas/config.ts";
import { createSinks, type SinksOptions } from "./sinks/registry.ts";
import { sendTestMessages, testResultText } from "./test-message.ts";

export interface TestCommandOptions extends SinksOptions {
  readonly config: Config;
  /** Where no route says otherwise. */
  readonly channel: string | undefined;
}

/** What to print, and whether all of it arrived. */
export async function testAlerts(
  options: TestCommandOptions,
): Promise<{ readonly text: string; readonly ok: boolean }> {
  const { channel, config } = options;
  const { sinks } = createSinks(options);
  const routed = config.routes.map((route) => route.channel);
  const results = await sendTestMessages(sinks, channel === undefined ? routed : [channel, ...routed]);
  for (const sink of sinks) sink.close();
  return { text: testResultText(results), ok: results.every(({ ok }) => ok) };
}
