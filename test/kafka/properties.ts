/** The settings of a test broker: small, quick to start, quick to notice that a neighbour died. */

export interface NodePorts {
  readonly plain: number;
  readonly controller: number;
  readonly saslSsl: number;
}

export interface NodeSettings {
  /** From 1. */
  readonly id: number;
  /** Of all nodes, in order of their ids. */
  readonly ports: readonly NodePorts[];
  readonly dataDirectory: string;
  readonly saslSsl: { readonly keystore: string; readonly username: string; readonly password: string } | undefined;
  readonly extra: Readonly<Record<string, string>>;
}

/** A node that is broker and controller at once (KRaft), as the text of its `server.properties`. */
export function serverProperties(node: NodeSettings): string {
  const own = node.ports[node.id - 1] as NodePorts;
  const copies = String(node.ports.length);
  const inSync = node.ports.length > 1 ? "2" : "1";
  const listeners = [`PLAINTEXT://127.0.0.1:${own.plain}`];
  if (node.saslSsl !== undefined) listeners.push(`SASL_SSL://127.0.0.1:${own.saslSsl}`);
  const all: Record<string, string> = {
    "process.roles": "broker,controller",
    "node.id": String(node.id),
    "controller.quorum.voters": node.ports.map((ports, i) => `${i + 1}@127.0.0.1:${ports.controller}`).join(","),
    "controller.listener.names": "CONTROLLER",
    listeners: [...listeners, `CONTROLLER://127.0.0.1:${own.controller}`].join(","),
    "advertised.listeners": listeners.join(","),
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL",
    "log.dirs": node.dataDirectory,
    "auto.create.topics.enable": "false",
    "default.replication.factor": copies,
    "min.insync.replicas": inSync,
    "offsets.topic.num.partitions": "3",
    "offsets.topic.replication.factor": copies,
    "transaction.state.log.num.partitions": "3",
    "transaction.state.log.replication.factor": copies,
    "transaction.state.log.min.isr": inSync,
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": copies,
    "share.coordinator.state.topic.min.isr": inSync,
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    // After kill -9 a node is let in again only when its old registration has expired. A node that is alone and stands
    // still so long leaves its partitions without a leader, and Kafka 4.3 then ends transactions unmarked (KAFKA-20734).
    "broker.session.timeout.ms": node.ports.length === 1 ? "9000" : "3000",
    "broker.heartbeat.interval.ms": "500",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "2",
    // The default takes half of a small heap.
    "log.cleaner.dedupe.buffer.size": "16777216",
    ...saslSettings(node.saslSsl),
    ...node.extra,
  };
  return Object.entries(all)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}

function saslSettings(saslSsl: NodeSettings["saslSsl"]): Record<string, string> {
  if (saslSsl === undefined) return {};
  const login = "org.apache.kafka.common.security";
  const scram = `${login}.scram.ScramLoginModule required;`;
  return {
    "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
    "ssl.keystore.type": "PKCS12",
    "ssl.keystore.location": saslSsl.keystore,
    "ssl.keystore.password": saslSsl.password,
    "listener.name.sasl_ssl.plain.sasl.jaas.config": `${login}.plain.PlainLoginModule required user_${saslSsl.username}="${saslSsl.password}";`,
    "listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config": scram,
    "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": scram,
  };
}

/** What a broker logs: warnings, to its standard output. */
export const LOG4J = `rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{HH:mm:ss.SSS} %p %c{1}: %m%n
`;
