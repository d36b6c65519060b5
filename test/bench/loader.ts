/**
 * A process of its own that posts lines: `loader.ts URL AGENTS TOOLS COUNT PER_BATCH CONCURRENCY [PER_SECOND]`.
 * Prints one JSON line at the end.
 */
import { setTimeout as delay } from "node:timers/promises";
import { Agent, request } from "undici";
import { line } from "./lines.ts";

const [url = "", agents, tools, count, perBatch, concurrency, perSecond] = process.argv
  .slice(2)
  .map((value, at) => (at === 0 ? value : Number(value))) as [string, number, number, number, number, number, number?];

const dispatcher = new Agent({ connections: concurrency });
const started = Date.now();
let next = 0;
let accepted = 0;
let refusals = 0;

async function worker(): Promise<void> {
  while (next < count) {
    const from = next;
    next = Math.min(count, next + perBatch);
    const due = perSecond === undefined ? 0 : started + (from / perSecond) * 1000 - Date.now();
    if (due > 0) await delay(due);
    const lines: string[] = [];
    const now = Date.now();
    for (let n = from; n < next; n += 1) lines.push(line(n, { agents, tools }, now));
    await post(lines.join("\n"));
  }
}

async function post(body: string): Promise<void> {
  for (;;) {
    const answer = await request(`${url}/v1/events`, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      body,
      dispatcher,
    });
    const text = await answer.body.text();
    if (answer.statusCode === 200) {
      accepted += (JSON.parse(text) as { accepted: number }).accepted;
      return;
    }
    refusals += 1;
    await delay(Number(answer.headers["retry-after"] ?? 1) * 1000);
  }
}

await Promise.all(Array.from({ length: concurrency }, worker));
await dispatcher.close();
process.stdout.write(`${JSON.stringify({ accepted, refusals, seconds: (Date.now() - started) / 1000 })}\n`);
