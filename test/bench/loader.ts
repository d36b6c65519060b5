/**
 * A process of its own that posts lines: `loader.ts URL AGENTS TOOLS COUNT PER_BATCH CONCURRENCY [PER_SECOND]`.
 * Without a rate every body is made before the first is sent, so that making them takes nothing from who is measured.
 * Prints one JSON line at the end.
 */
import { setTimeout as delay } from "node:timers/promises";
import { Agent, request } from "undici";
import { line } from "./lines.ts";
import type { Loaded } from "./process.ts";

const [url = "", ...numbers] = process.argv.slice(2);
const [agents = 1, tools = 1, count = 0, perBatch = 1, concurrency = 1, perSecond] = numbers.map(Number);

function bodyFrom(first: number): Buffer {
  const now = Date.now();
  const lines: string[] = [];
  for (let n = first; n < Math.min(count, first + perBatch); n += 1) lines.push(line(n, { agents, tools }, now));
  return Buffer.from(lines.join("\n"));
}

const firsts = Array.from({ length: Math.ceil(count / perBatch) }, (_, at) => at * perBatch);
const made = perSecond === undefined ? firsts.map(bodyFrom) : undefined;
const dispatcher = new Agent({ connections: concurrency });
const startedAt = Date.now();
const latencies: number[] = [];
let next = 0;
let accepted = 0;
let refusals = 0;

async function worker(): Promise<void> {
  for (let at = next++; at < firsts.length; at = next++) {
    const first = firsts[at] as number;
    const due = perSecond === undefined ? 0 : startedAt + (first / perSecond) * 1000 - Date.now();
    if (due > 0) await delay(due);
    await post(made?.[at] ?? bodyFrom(first));
  }
}

async function post(body: Buffer): Promise<void> {
  for (;;) {
    const began = performance.now();
    const headers = { "content-type": "application/x-ndjson" };
    const answer = await request(`${url}/v1/events`, { method: "POST", headers, body, dispatcher });
    const text = await answer.body.text();
    latencies.push(performance.now() - began);
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
const seconds = (Date.now() - startedAt) / 1000;
const postP99Ms = latencies.sort((a, b) => a - b)[Math.floor(latencies.length * 0.99)] ?? 0;
const loaded: Loaded = { startedAt, accepted, refusals, seconds, postP99Ms };
process.stdout.write(`${JSON.stringify(loaded)}\n`);
