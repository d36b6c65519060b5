/** A real Apache Kafka on this machine: one node, or three for what happens when one fails. */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Kafka, logLevel } from "kafkajs";
import { type NodeProcess, type NodeSignal, startNode } from "./node-process.ts";
import { freePorts } from "./ports.ts";
import { LOG4J, type NodePorts, serverProperties } from "./properties.ts";
import { makeCertificate, runJava } from "./tools.ts";

export { kafkaTools } from "./tools.ts";

export interface BrokerOptions {
  /** Default 1. */
  readonly nodes?: 1 | 3;
  /** A second listener with TLS and passwords. Default false. */
  readonly saslSsl?: boolean;
  /** Added to each node's `server.properties`. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Where data is kept, and found again by a later start; default: a temporary folder, removed at stop. */
  readonly directory?: string;
  /** Puts something before each node's port and gives the port that clients are told instead; not with `saslSsl`. */
  readonly before?: (port: number) => Promise<number>;
}

/** Where the listener with TLS and passwords is; the user is known to PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512. */
export interface SaslSslListener {
  readonly brokers: string[];
  /** The authority to trust, as PEM, and the file that holds it. */
  readonly ca: string;
  readonly caFile: string;
  readonly username: string;
  readonly password: string;
}

export interface Cluster {
  /** `host:port` of each node, without TLS or passwords. */
  readonly brokers: string[];
  readonly saslSsl?: SaslSslListener;
  /** Nodes count from 1. SIGKILL and SIGTERM resolve when the process has ended. */
  kill(node: number, signal: NodeSignal): Promise<void>;
  /** Starts a node that has ended (stops it first when it runs), until it answers and is a member again. */
  restart(node: number): Promise<void>;
  stop(): Promise<void>;
  /** Writes lines with Java's console producer, as somebody else's program would. */
  consoleProduce(topic: string, lines: readonly string[], args?: readonly string[]): Promise<void>;
}

const READY_MS = 90_000;

/** Starts a cluster and resolves when every node answers and knows all others. */
export async function startBroker(options: BrokerOptions = {}): Promise<Cluster> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(options);
    } catch (error) {
      // Somebody took one of the ports between our look and the broker's start.
      if (attempt === 5 || !/Address already in use/.test(String(error))) throw error;
    }
  }
}

async function startOnce(options: BrokerOptions): Promise<Cluster> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), "watchkeeper-kafka-")));
  const forget = async () => {
    if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
  };
  try {
    return await startIn(directory, options, forget);
  } catch (error) {
    await forget();
    throw error;
  }
}

async function startIn(directory: string, options: BrokerOptions, forget: () => Promise<void>): Promise<Cluster> {
  const count = options.nodes ?? 1;
  const ids = Array.from({ length: count }, (_, i) => i + 1);
  const numbers = await freePorts(count * 3);
  const ports: NodePorts[] = ids.map((_, i) => ({
    plain: numbers[3 * i] as number,
    controller: numbers[3 * i + 1] as number,
    saslSsl: numbers[3 * i + 2] as number,
  }));
  await mkdir(directory, { recursive: true });
  const told = await Promise.all(ports.map(async ({ plain }) => (await options.before?.(plain)) ?? plain));
  const secured = options.saslSsl === true ? await secure(directory) : undefined;
  const clusterId = await clusterIdOf(directory);
  const log4j = join(directory, "log4j2.properties");
  await writeFile(log4j, LOG4J);
  const file = (id: number, name: string) => join(directory, `node-${id}`, name);
  await Promise.all(
    ids.map(async (id) => {
      await mkdir(join(directory, `node-${id}`), { recursive: true });
      const settings = {
        id,
        ports,
        dataDirectory: file(id, "data"),
        saslSsl: secured,
        extra: { ...advertised(options, told[id - 1]), ...options.properties },
      };
      await writeFile(file(id, "server.properties"), serverProperties(settings));
      const users = secured === undefined ? [] : ["SCRAM-SHA-256", "SCRAM-SHA-512"].map((m) => scramUser(m, secured));
      const format = ["format", "--ignore-formatted", "-t", clusterId, "-c", file(id, "server.properties")];
      await runJava("kafka.tools.StorageTool", [...format, ...users.flatMap((user) => ["--add-scram", user])]);
    }),
  );
  const brokers = told.map((port) => `127.0.0.1:${port}`);
  const running = new Map<number, NodeProcess>();
  const launch = async (id: number) => {
    const heapMiB = count === 1 ? 384 : 256;
    running.set(
      id,
      await startNode({ properties: file(id, "server.properties"), log4j, logFile: file(id, "log"), heapMiB }),
    );
  };
  const isUp = (id: number) => running.get(id)?.isRunning === true;
  /** Waits until the node itself names every running node as a member. */
  const ready = async (id: number) => {
    for (const until = Date.now() + READY_MS; ; await delay(100)) {
      const seen = await membersSeenBy(brokers[id - 1] as string);
      if (ids.every((other) => !isUp(other) || seen.includes(other)) && seen.length > 0) return;
      if (!isUp(id) || Date.now() > until) {
        const log = await readFile(file(id, "log"), "utf8").catch(() => "");
        throw new Error(`Kafka node ${id} did not become ready:\n${log.slice(-4_000)}`);
      }
    }
  };
  const stop = async () => {
    await Promise.all([...running.values()].map((node) => node.stop()));
    await forget();
  };
  try {
    await Promise.all(ids.map(launch));
    await Promise.all(ids.map(ready));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    brokers,
    ...(secured !== undefined && {
      saslSsl: { ...secured.told, brokers: ports.map((own) => `127.0.0.1:${own.saslSsl}`) },
    }),
    kill: async (node, signal) => await running.get(node)?.kill(signal),
    restart: async (node) => {
      await running.get(node)?.stop();
      await launch(node);
      await ready(node);
    },
    stop,
    consoleProduce: (topic, lines, args) => consoleProduce(brokers, topic, lines, args),
  };
}

function advertised({ before }: BrokerOptions, port: number | undefined): Record<string, string> {
  return before === undefined ? {} : { "advertised.listeners": `PLAINTEXT://127.0.0.1:${port}` };
}

/** Java's console producer, run once: lines become records without a key unless the arguments say otherwise. */
export async function consoleProduce(
  brokers: readonly string[],
  topic: string,
  lines: readonly string[],
  args: readonly string[] = [],
): Promise<void> {
  const where = ["--bootstrap-server", brokers.join(","), "--topic", topic];
  await runJava("org.apache.kafka.tools.ConsoleProducer", [...where, ...args], lines.map((l) => `${l}\n`).join(""));
}

/** Ids of the nodes that this one calls members; none while it does not answer. */
async function membersSeenBy(broker: string): Promise<number[]> {
  const kafka = new Kafka({
    brokers: [broker],
    connectionTimeout: 1_000,
    requestTimeout: 2_000,
    retry: { retries: 0 },
    logLevel: logLevel.NOTHING,
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { brokers, controller } = await admin.describeCluster();
    return controller === null ? [] : brokers.map(({ nodeId }) => nodeId);
  } catch {
    return [];
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** Kept beside the data: a broker refuses data of another cluster. */
async function clusterIdOf(directory: string): Promise<string> {
  const file = join(directory, "cluster-id");
  // An id that begins with a dash would be read as an option.
  if (!existsSync(file)) await writeFile(file, randomBytes(16).toString("base64url").replace(/^-/, "A"));
  return await readFile(file, "utf8");
}

interface Secured {
  readonly keystore: string;
  readonly username: string;
  readonly password: string;
  readonly told: Omit<SaslSslListener, "brokers">;
}

async function secure(directory: string): Promise<Secured> {
  const password = randomBytes(18).toString("hex");
  await rm(join(directory, "broker.p12"), { force: true });
  const { keystore, pem } = await makeCertificate(directory, password);
  const login = { username: "watchkeeper", password };
  return { keystore, ...login, told: { ...login, ca: pem, caFile: join(directory, "broker.pem") } };
}

const scramUser = (mechanism: string, { username, password }: Secured) =>
  `${mechanism}=[name=${username},password=${password}]`;
