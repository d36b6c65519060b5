/** One batch of the recorder's lines to the inlet topic, as a plain outcome. Loaded only where Kafka is used. */
import { pino } from "pino";
import { WatchkeeperError } from "../../schemas/errors.ts";
import { connectKafka } from "../kafka/client.ts";
import { bestCompression } from "../kafka/codecs.ts";
import type { KafkaConnection } from "../kafka/connection.ts";
import { createInletProducer, INLET_RETRY, inletBatches } from "../kafka/inlet-producer.ts";
import { SettingsError } from "../settings/issue.ts";
import { readKafka } from "../settings/kafka-connection.ts";
import { readSmallFile } from "../settings/read-file.ts";
import { readVariables } from "../settings/read-variables.ts";
import { createIdleSockets } from "./idle-sockets.ts";
import type { PostOutcome, Transport } from "./transport.ts";
import type { RecorderKafka } from "./types.ts";

export interface ProduceOptions {
  readonly agent: string;
  /** Goes before the environment. */
  readonly kafka: RecorderKafka | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
}

/** Error `invalid_settings`: mistakes in KAFKA_*. */
export function createProduceLines(options: ProduceOptions): Transport {
  const { agent, kafka, environment, timeoutMs } = options;
  const connection = kafka === undefined ? fromEnvironment(environment) : { ...kafka, ssl: kafka.ssl ?? false };
  const sockets = createIdleSockets();
  const program = "watchkeeper-recorder";
  const logger = pino({ level: "silent" });
  const producer = createInletProducer({
    // Its check of request times is a timer that would keep the agent's process alive; `post` has a limit of its own.
    kafka: connectKafka({
      ...{ connection, clientId: program, logger, retry: INLET_RETRY },
      ...{ socketFactory: sockets.open, enforceRequestTimeout: false },
    }),
    compression: bestCompression(),
    program,
  });
  let running: Promise<PostOutcome> | undefined;

  const produce = async (lines: readonly string[]): Promise<PostOutcome> => {
    sockets.hold();
    try {
      const records = lines.map((line) => ({ bytes: Buffer.from(line), agent, position: undefined }));
      for (const batch of inletBatches(records)) await producer.send(batch);
      return { kind: "taken", accepted: lines.length, rejected: [] };
    } catch (error) {
      if (error instanceof WatchkeeperError && error.code === "record_too_large") return { kind: "tooLarge" };
      // What is wrong with name, password or topic can be mended while the agent runs.
      return { kind: "later", afterMs: undefined, error: error instanceof Error ? error : new Error(String(error)) };
    } finally {
      sockets.release();
    }
  };
  return {
    async post(lines) {
      if (running !== undefined) await within(running, timeoutMs, sockets.cut);
      if (running !== undefined) return late(timeoutMs);
      const mine = produce(lines).finally(() => {
        running = undefined;
      });
      running = mine;
      return within(mine, timeoutMs, sockets.cut);
    },
    close: () => producer.close(),
  };
}

function fromEnvironment(environment: ProduceOptions["environment"]): KafkaConnection {
  const own = Object.entries(environment).filter(([name]) => name.startsWith("KAFKA_"));
  const read = readVariables(Object.fromEntries(own), readSmallFile);
  const { connection, issues } = readKafka(read);
  if (connection === undefined || read.issues.length + issues.length > 0) {
    throw new SettingsError([...read.issues, ...issues]);
  }
  return connection;
}

/** The outcome, or that there is none yet: then connections are cut, and the send ends, or goes on over new ones. */
function within(running: Promise<PostOutcome>, timeoutMs: number, cut: () => void): Promise<PostOutcome> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<PostOutcome>((resolve) => {
    timer = setTimeout(() => {
      cut();
      resolve(late(timeoutMs));
    }, timeoutMs);
  });
  return Promise.race([running, timeout]).finally(() => clearTimeout(timer));
}

function late(timeoutMs: number): PostOutcome {
  return { kind: "later", afterMs: undefined, error: new Error(`Kafka did not answer within ${timeoutMs} ms.`) };
}
