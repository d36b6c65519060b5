import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectKafka, PRODUCER_DEFAULTS } from "../../../ingest/kafka/client.ts";
import { bestCompression } from "../../../ingest/kafka/codecs.ts";
import type { KafkaConnection } from "../../../ingest/kafka/connection.ts";
import { kafkaAvailable } from "../../kafka/available.ts";
import { type Cluster, type SaslSslListener, startBroker } from "../../kafka/broker.ts";
import { makeTopic, readValues } from "./topics.ts";

const REACH = fileURLToPath(new URL("reach.ts", import.meta.url));
const MECHANISMS = ["plain", "scram-sha-256", "scram-sha-512"] as const;

/** Tries each connection in a process that trusts this authority. */
async function reach(connections: readonly KafkaConnection[], caFile?: string) {
  const env: NodeJS.ProcessEnv = { ...process.env };
  if (caFile !== undefined) env.NODE_EXTRA_CA_CERTS = caFile;
  const child = spawn(process.execPath, ["--import", "tsx", REACH], { env, stdio: "pipe" });
  child.stdin.end(JSON.stringify(connections));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (stdout === "") throw new Error(stderr);
  return { outcomes: JSON.parse(stdout) as string[], stderr };
}

describe.runIf(kafkaAvailable().own)("a cluster of one's own", () => {
  let cluster: Cluster;
  let secured: SaslSslListener;
  beforeAll(async () => {
    cluster = await startBroker({ saslSsl: true });
    secured = cluster.saslSsl as SaslSslListener;
  });
  afterAll(async () => await cluster?.stop());

  const login = (mechanism: (typeof MECHANISMS)[number], password = secured.password): KafkaConnection => ({
    brokers: secured.brokers,
    ssl: true,
    sasl: { mechanism, username: secured.username, password },
  });

  it("is reached over TLS with each kind of password, not with a wrong one, and no password is logged", async () => {
    const right = MECHANISMS.map((mechanism) => login(mechanism));
    const wrong = MECHANISMS.map((mechanism) => login(mechanism, "not-the-password"));
    const { outcomes, stderr } = await reach([...right, ...wrong], secured.caFile);
    const refused = "kafka_auth_failed";
    expect(outcomes).toEqual(["reached", "reached", "reached", refused, refused, refused]);
    expect(stderr).not.toContain("not-the-password");
    expect(stderr).not.toContain(secured.password);
  });

  it("is not trusted when its authority is unknown", async () => {
    const { outcomes } = await reach([login("plain")]);
    expect(outcomes).toEqual(["kafka_tls_failed"]);
  });

  it("keeps what it acknowledged through kill -9, and the same client goes on afterwards", async () => {
    const logger = pino({ level: "silent" });
    const connection = { brokers: cluster.brokers, ssl: false };
    const kafka = connectKafka({ connection, clientId: "test", logger, retries: 30 });
    const topic = await makeTopic(kafka, "killed");
    const producer = kafka.producer({ ...PRODUCER_DEFAULTS, idempotent: true });
    await producer.connect();
    const send = (value: string) => producer.send({ topic, compression: bestCompression(), messages: [{ value }] });
    await send("before");
    await cluster.kill(1, "SIGKILL");
    await Promise.all([send("during"), cluster.restart(1)]);
    await send("after");
    await producer.disconnect();
    expect(await readValues(kafka, topic, 3)).toEqual(["before", "during", "after"]);
  });
});
