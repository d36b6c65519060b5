/**
 * A program of its own, because Node reads NODE_EXTRA_CA_CERTS only at its start: for each login on standard input
 * (JSON, connections) says on standard output what came of it: `reached`, or the error's code.
 */
import { text } from "node:stream/consumers";
import { pino } from "pino";
import { connectKafka } from "../../../ingest/kafka/client.ts";
import type { KafkaConnection } from "../../../ingest/kafka/connection.ts";
import { classifyKafkaError } from "../../../ingest/kafka/errors.ts";

const connections = JSON.parse(await text(process.stdin)) as KafkaConnection[];
const logger = pino({ level: "trace" }, pino.destination({ dest: 2, sync: true }));
const outcomes: string[] = [];
for (const connection of connections) {
  const admin = connectKafka({ connection, clientId: "reach", logger, retries: 1 }).admin();
  try {
    await admin.connect();
    await admin.listTopics();
    outcomes.push("reached");
  } catch (error) {
    outcomes.push(classifyKafkaError(error).code);
  } finally {
    await admin.disconnect();
  }
}
process.stdout.write(JSON.stringify(outcomes));
