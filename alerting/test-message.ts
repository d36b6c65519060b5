/** `alert test`: a test message through every configured sink, and what happened. */
import type { Sink } from "./sinks/sink.ts";

export interface TestResult {
  readonly sink: string;
  readonly channel: string;
  readonly ok: boolean;
  /** Sentences for a person, in order. */
  readonly said: readonly string[];
}

/** One message a channel: every channel of `channels` (the fallback and those of routes) once, sinks in order. */
export async function sendTestMessages(
  sinks: readonly Sink[],
  channels: readonly string[],
): Promise<readonly TestResult[]> {
  const results: TestResult[] = [];
  for (const sink of sinks) {
    const targets = sink.onlyChannel === undefined ? new Set(channels) : [sink.onlyChannel];
    for (const channel of targets) results.push({ sink: sink.name, channel, ...(await sink.test(channel)) });
  }
  return results;
}

/** What `alert test` prints: a line for each message, and what was said about it. */
export function testResultText(results: readonly TestResult[]): string {
  return results
    .flatMap(({ sink, channel, ok, said }) => [
      `${ok ? "ok    " : "FAILED"}  ${sink === channel ? sink : `${sink} ${channel}`}`,
      ...said.map((sentence) => `        ${sentence}`),
    ])
    .map((line) => `${line}\n`)
    .join("");
}
