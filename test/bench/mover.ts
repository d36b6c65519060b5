/**
 * The ceiling: a program that only moves bytes from HTTP into an LMDB log and from there into the embedded engine.
 * Nothing is parsed, judged, redacted or identified. `mover.ts DIRECTORY` prints its address when it is ready;
 * `GET /` says how many lines the engine holds and how long the event loop was held since the last question.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { open } from "lmdb";
import { pino } from "pino";
import { connectStore } from "../../ingest/clickhouse/connect.ts";
import { startEngine } from "../../ingest/engine/engine.ts";

const [directory = ""] = process.argv.slice(2);
const ENGINE = fileURLToPath(new URL("../../dist/ingest/engine/engine-main.js", import.meta.url));
/** As the program itself gathers: what came in half a second, or so many bytes. */
const FLUSH_AFTER_MS = 500;
const FLUSH_BYTES = 8 * 1024 ** 2;
const NEWLINE = 0x0a;

const log = open<Buffer, number>({
  path: join(directory, "log"),
  noSubdir: false,
  encoding: "binary",
  overlappingSync: true,
  keyEncoding: "uint32",
});
const engine = await startEngine({
  directory: join(directory, "store"),
  logger: pino({ level: "silent" }),
  entry: ENGINE,
});
const store = connectStore({ url: engine.url, ...engine.writer, database: engine.database });
await store.command({ query: "CREATE TABLE lines (line String CODEC(ZSTD(1))) ENGINE = MergeTree ORDER BY ()" });

const loopDelay = monitorEventLoopDelay({ resolution: 10 });
loopDelay.enable();
let appended = 0;
let moved = 0;
let stored = 0;
let wake: () => void = () => undefined;

function countLines(body: Buffer): number {
  let lines = body.at(-1) === NEWLINE ? 0 : 1;
  for (let at = body.indexOf(NEWLINE); at >= 0; at = body.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}

async function take(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const lines = countLines(body);
  appended += 1;
  await log.put(appended, body);
  await log.flushed;
  wake();
  return `{"accepted":${lines},"rejected":[]}`;
}

async function insert(bodies: readonly Buffer[]): Promise<void> {
  // A blank line would end the data.
  const lines = bodies.flatMap((body) => (body.at(-1) === NEWLINE ? [body] : [body, Buffer.from("\n")]));
  const values = Readable.from(lines, { objectMode: false });
  const { stream } = await store.exec({ query: "INSERT INTO lines FORMAT LineAsString", values });
  await finished(stream.resume());
  for (const body of bodies) stored += countLines(body);
}

/** One insert under way while the next one gathers. */
async function move(): Promise<never> {
  for (let inserting = Promise.resolve(), since = 0; ; ) {
    const bodies: Buffer[] = [];
    let bytes = 0;
    while (bodies.length === 0 || (bytes < FLUSH_BYTES && Date.now() < since + FLUSH_AFTER_MS)) {
      const body = log.getBinary(moved + 1);
      if (body === undefined) {
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        await (bodies.length === 0 ? woken : Promise.race([woken, new Promise((next) => setTimeout(next, 20))]));
        continue;
      }
      if (bodies.length === 0) since = Date.now();
      moved += 1;
      bodies.push(body);
      bytes += body.length;
    }
    await inserting;
    inserting = insert(bodies);
  }
}

function state(): string {
  const loopP99Ms = loopDelay.percentile(99) / 1e6;
  loopDelay.reset();
  return JSON.stringify({ stored, loopP99Ms });
}

const server = createServer((request, response) => {
  const answer = request.method === "POST" ? take(request) : Promise.resolve(state());
  answer.then((text) => response.end(text)).catch(() => response.destroy());
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
process.once("SIGTERM", async () => {
  server.close().closeAllConnections();
  await engine.stop();
  process.exit(0);
});
await move();
