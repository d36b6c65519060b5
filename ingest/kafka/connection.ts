/** How a Kafka cluster is reached: what `KAFKA_BROKERS`, `KAFKA_SSL` and `KAFKA_SASL_*` say. */
export interface KafkaConnection {
  /** `host:port` of some brokers; the others are learned from them. */
  readonly brokers: readonly string[];
  /** TLS; certificates of a private authority come by `NODE_EXTRA_CA_CERTS` (Node's own). */
  readonly ssl: boolean;
  readonly sasl?: {
    readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
    readonly username: string;
    readonly password: string;
  };
}
