/**
 * The ceiling: a program that only moves bytes from Kafka into ClickHouse, in batches of the size that ours has.
 * The engine reads the lines into columns; nothing is checked, redacted, identified, judged or kept exactly once.
 * `mover.ts DIRECTORY BROKERS TOPIC` prints its address when it is ready; `GET /` says how many lines the engine holds.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { connectStore } from "../../../ingest/clickhouse/connect.ts";
import { startEngine } from "../../../ingest/engine/engine.ts";
import { connectKafka } from "../../../ingest/kafka/client.ts";

const [directory = "", brokers = "", topic = ""] = process.argv.slice(2);
const ENGINE = fileURLToPath(new URL("../../../dist/ingest/engine/engine-main.js", import.meta.url));
const FLUSH_ROWS = 20_000;
const FLUSH_BYTES = 12 * 1024 ** 2;
const FLUSH_AFTER_MS = 250;
const NEWLINE = Buffer.from("\n");
const COLUMNS = `timestamp DateTime64(3), agent LowCardinality(String), api LowCardinality(String), endpoint String,
  response_code Int32, cost String, model LowCardinality(String), input_tokens UInt64, output_tokens UInt64,
  duration_ms Float64, run String, details String CODEC(ZSTD(1))`;

const logger = pino({ level: "silent" });
const engine = await startEngine({ directory: join(directory, "store"), logger, entry: ENGINE });
const store = connectStore({ url: engine.url, ...engine.writer, database: engine.database });
await store.command({ query: `CREATE TABLE lines (${COLUMNS}) ENGINE = MergeTree ORDER BY (agent, timestamp)` });

const connection = { brokers: brokers.split(","), ssl: false };
const consumer = connectKafka({ connection, clientId: "mover", logger }).consumer({
  groupId: "mover",
  maxWaitTimeInMs: 100,
  maxBytesPerPartition: 1024 ** 2,
  maxBytes: 4 * 1024 ** 2,
});
let waiting: Buffer[] = [];
let bytes = 0;
let since = 0;
let stored = 0;
let offsets = new Map<number, string>();
let inserting: Promise<void> = Promise.resolve();

async function insert(values: Buffer[], upTo: ReadonlyMap<number, string>): Promise<void> {
  const pieces = Array.from({ length: Math.ceil(values.length / 1_000) }, (_, at) =>
    Buffer.concat(values.slice(at * 1_000, (at + 1) * 1_000)),
  );
  const { stream } = await store.exec({
    query: `INSERT INTO lines FORMAT JSONEachRow`,
    values: Readable.from(pieces, { objectMode: false }),
  });
  await finished(stream.resume());
  stored += values.length / 2;
  await consumer.commitOffsets([...upTo].map(([partition, offset]) => ({ topic, partition, offset })));
}

/** One insert under way while the next one gathers. */
async function flush(): Promise<void> {
  if (waiting.length === 0) return;
  const [values, upTo] = [waiting, offsets];
  waiting = [];
  offsets = new Map();
  bytes = 0;
  const before = inserting;
  inserting = before.then(() => insert(values, upTo));
  await before;
}

await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
await consumer.run({
  autoCommit: false,
  async eachBatch({ batch }) {
    if (waiting.length === 0) since = performance.now();
    for (const { value } of batch.messages) {
      if (value === null) continue;
      waiting.push(value, NEWLINE);
      bytes += value.length;
    }
    offsets.set(batch.partition, String(Number(batch.lastOffset()) + 1));
    if (waiting.length >= 2 * FLUSH_ROWS || bytes >= FLUSH_BYTES) await flush();
  },
});
setInterval(() => {
  if (performance.now() - since >= FLUSH_AFTER_MS) void flush();
}, 50);

const server = createServer((_request, response) => response.end(JSON.stringify({ stored })));
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
process.once("SIGTERM", async () => {
  await consumer.disconnect();
  await engine.stop();
  process.exit(0);
});
