/**
 * A process of its own that produces lines to a topic, key = agent: `loader.ts BROKERS TOPIC FIRST COUNT [PER_SECOND]`.
 * Without a rate the lines are all in the broker, in one open transaction, before they may be read: it prints a line
 * when they are there, commits them when its standard input ends, and making them takes nothing from who is measured.
 * With a rate they are sent when they are due. Prints one JSON line at the end.
 */
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { Message, Producer, Transaction } from "kafkajs";
import { pino } from "pino";
import { connectKafka, PRODUCER_DEFAULTS } from "../../../ingest/kafka/client.ts";
import { bestCompression } from "../../../ingest/kafka/codecs.ts";
import { line } from "../lines.ts";
import { AGENTS, type Produced, TOOLS } from "./load.ts";

const [brokers = "", topic = "", ...numbers] = process.argv.slice(2);
const [first = 0, count = 0, perSecond] = numbers.map(Number);
/** As a busy shipper's; with a rate what came due in a twentieth of a second. */
const TOGETHER = 2_000;

const connection = { brokers: brokers.split(","), ssl: false };
const kafka = connectKafka({ connection, clientId: "bench-loader", logger: pino({ level: "silent" }) });

function messages(from: number, to: number): Message[] {
  const now = Date.now();
  return Array.from({ length: to - from }, (_, at) => ({
    key: `agent_${(from + at) % AGENTS}`,
    value: line(from + at, { agents: AGENTS, tools: TOOLS }, now),
  }));
}

async function send(to: Producer | Transaction, from: number, upTo: number): Promise<void> {
  await to.send({ topic, messages: messages(from, upTo), acks: -1, compression: bestCompression() });
}

async function produceAtOnce(): Promise<number> {
  const producer = kafka.producer({
    ...PRODUCER_DEFAULTS,
    idempotent: true,
    maxInFlightRequests: 1,
    transactionalId: `bench-loader-${process.pid}`,
    transactionTimeout: 900_000,
  });
  await producer.connect();
  const transaction = await producer.transaction();
  const end = first + count;
  for (let at = first; at < end; at += TOGETHER) await send(transaction, at, Math.min(end, at + TOGETHER));
  process.stdout.write("ready\n");
  await once(process.stdin.resume(), "end");
  const startedAt = Date.now();
  await transaction.commit();
  await producer.disconnect();
  return startedAt;
}

async function produceAtRate(rate: number): Promise<number> {
  const producer = kafka.producer(PRODUCER_DEFAULTS);
  await producer.connect();
  const startedAt = Date.now();
  for (let sent = 0; sent < count; ) {
    const due = Math.min(count, Math.floor(((Date.now() - startedAt) / 1000) * rate), sent + TOGETHER);
    if (due > sent) await send(producer, first + sent, first + due);
    sent = Math.max(due, sent);
    await delay(50 * Number(due < sent + TOGETHER && sent < count));
  }
  await producer.disconnect();
  return startedAt;
}

const startedAt = perSecond === undefined ? await produceAtOnce() : await produceAtRate(perSecond);
const produced: Produced = { startedAt, seconds: (Date.now() - startedAt) / 1000 };
process.stdout.write(`${JSON.stringify(produced)}\n`);
process.exit(0);
