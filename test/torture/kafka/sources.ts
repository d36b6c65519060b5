/** Load by every way in. None gives up: what was produced is acknowledged in the end, a stranger's lines excepted. */
import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Kafka, logLevel } from "kafkajs";
import { createRecorder } from "../../../ingest/recorder/index.ts";
import { TOPICS } from "../../../schemas/topics.ts";
import { run } from "../../e2e/watchkeeper.ts";
import { post } from "../load.ts";
import type { Ledger, Line } from "./ledger.ts";
import { INLET_PARTITIONS } from "./plan.ts";
import { type KeptProcess, keep } from "./process.ts";

export interface SourcesOptions {
  readonly ledger: Ledger;
  readonly directory: string;
  readonly brokers: readonly string[];
  /** Where a gateway is now. */
  readonly gateway: () => Promise<string | undefined>;
  readonly random: () => number;
  readonly onEnded: (name: string, words: string) => void;
}

export interface Sources {
  readonly shipper: KeptProcess;
  /** Lines that a gateway refused, each once. */
  refused(): number;
  /** Stops producing; resolves when everything is acknowledged. */
  finish(): Promise<void>;
  /** Stops, whatever is left. */
  close(): Promise<void>;
}

/**
 * By what lines of a post are known again: their own ids, or what the post's Idempotency-Key gives them. Without both a
 * client that is not answered cannot ask again, so it does not.
 */
const IDENTITIES = ["ids", "key", "none"] as const;
const RECORDERS = ["agent_1", "agent_2"];
/** Each gives up after ten seconds. */
const FLUSHES = 10;

export async function startSources(options: SourcesOptions): Promise<Sources> {
  const { ledger, directory, brokers, random } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const pause = (ms: number) => delay(ms * (0.5 + random()), undefined, { signal }).catch(() => undefined);
  const linesOf = (way: "http" | "ship" | "stranger", most: number): Line[] =>
    Array.from({ length: 1 + Math.floor(random() * most) }, () => ledger.line(way));
  let [refused, isGivenUp] = [0, false];

  async function postForever(): Promise<void> {
    for (let batch = 1; !signal.aborted; batch += 1) {
      const lines = linesOf("http", 120);
      const identity = IDENTITIES[batch % IDENTITIES.length];
      const body = `${lines.map((line) => ledger.textOf(line, identity === "ids")).join("\n")}\n`;
      if (identity === "none") {
        if (await post(await options.gateway(), body)) ledger.acknowledge(lines);
        else ledger.doubt(lines);
      } else {
        while (!(await post(await options.gateway(), `${body}not json\n`, `batch-${batch}`))) {
          if (isGivenUp) return;
          await delay(100);
        }
        refused += 1;
        ledger.acknowledge(lines);
      }
      await pause(150);
    }
  }

  const file = join(directory, "shipped.jsonl");
  await writeFile(file, "");
  const shipping = {
    env: { KAFKA_BROKERS: brokers.join(","), WATCHKEEPER_DATA_DIR: join(directory, "ship") },
    args: ["ship", file],
  };
  const shipper = await keep({
    name: "ship",
    directory: join(directory, "ship"),
    ...shipping,
    onEnded: options.onEnded,
  });
  const shipped: Line[] = [];
  async function growForever(): Promise<void> {
    while (!signal.aborted) {
      const lines = linesOf("ship", 60);
      shipped.push(...lines);
      await appendFile(file, lines.map((line) => `${ledger.textOf(line, false)}\n`).join(""));
      await pause(150);
    }
  }

  const recorders = RECORDERS.map((agent) => {
    const kafka = { brokers };
    return { agent, lines: [] as Line[], recorder: createRecorder({ agent, kafka, maxBufferedBytes: 1024 ** 3 }) };
  });
  async function recordForever(): Promise<void> {
    while (!signal.aborted) {
      for (const { agent, lines, recorder } of recorders) {
        const line = ledger.line("recorder", agent);
        lines.push(line);
        const { serial, credential, millis } = line;
        recorder.apiCall("openai", { id: serial, endpoint: serial, credential, cost: `$${millis / 1000}` });
      }
      await pause(30);
    }
  }

  const producing = Promise.all([postForever(), growForever(), recordForever(), produceForever()]);
  producing.catch(() => undefined);

  /** Plain lines as anyone's program writes them, and records that are no events. */
  async function produceForever(): Promise<void> {
    const kafka = new Kafka({ brokers: [...brokers], clientId: "stranger", logLevel: logLevel.NOTHING });
    const producer = kafka.producer({ allowAutoTopicCreation: false });
    while (!signal.aborted) {
      const lines = linesOf("stranger", 40);
      const values = [...lines.map((line) => ledger.textOf(line, false)), POISON[Math.floor(random() * POISON.length)]];
      // To several brokers at once, kafkajs 2.2.4 may take for written what a leader that moved never had.
      const partition = Math.floor(random() * INLET_PARTITIONS);
      const messages = values.map((value) => ({ partition, value: value ?? null }));
      try {
        await producer.connect();
        await producer.send({ topic: TOPICS.events, messages });
        ledger.acknowledge(lines);
      } catch {
        // In doubt: what is in the inlet counts.
        await producer.disconnect().catch(() => undefined);
      }
      await pause(200);
    }
    await producer.disconnect().catch(() => undefined);
  }

  async function finish(): Promise<void> {
    stopping.abort();
    await producing;
    await shipper.stop();
    const last = await run([...shipping.args, "--once"], { env: shipping.env });
    if (last.code !== 0) throw new Error(`the last ship ended with ${last.code}: ${last.stderr}`);
    ledger.acknowledge(shipped);
    for (const { agent, lines, recorder } of recorders) {
      for (let tries = 0; tries < FLUSHES && recorder.stats().buffered > 0; tries += 1) await recorder.flush();
      await recorder.close();
      const { sent, dropped, buffered } = recorder.stats();
      if (sent !== lines.length)
        throw new Error(`recorder of ${agent}: ${JSON.stringify({ sent, dropped, buffered })}`);
      ledger.acknowledge(lines);
    }
  }

  return {
    shipper,
    refused: () => refused,
    finish,
    async close() {
      isGivenUp = true;
      stopping.abort();
      await Promise.all([
        producing.catch(() => undefined),
        shipper.stop(),
        ...recorders.map((r) => r.recorder.close()),
      ]);
    },
  };
}

const LONGEST_LINE = 64 * 1024;

/** No events: refused each with a reason, or (null, blank) passed over. */
const POISON: readonly (string | Buffer | null)[] = [
  "plainly not json",
  '{"agent":"agent_0"}',
  Buffer.from([0xff, 0x00, 0x7b]),
  `{"agent":"agent_0","timestamp":"2026-01-27T14:32:15Z","action":"a","note":"${"x".repeat(LONGEST_LINE)}"}`,
  null,
  "  ",
];
