/** Kafka's protocol errors and kafkajs's own, sorted by what is to be done about them. */
import type { ErrorVerdict } from "../../schemas/errors.ts";

/** What an error means for us. `SUBJECT` in the hint stands for the topic or group. */
export interface Trouble {
  readonly code: string;
  readonly verdict: ErrorVerdict;
  readonly hint?: string;
}

/** A trouble and the `type` or `name` of the errors that mean it. */
export interface Sorted {
  readonly types: ReadonlySet<string>;
  readonly trouble: Trouble;
}

/** It passes by itself. */
export const PASSES: Trouble = {
  code: "log_unavailable",
  verdict: "retry",
  hint: "The brokers in KAFKA_BROKERS do not answer, or not yet; it is tried again.",
};

/** Another has taken over, or the broker has forgotten us: this assignment ends, what it held is begun anew. */
export const FENCED: Sorted = {
  types: new Set([
    "INVALID_PRODUCER_EPOCH",
    "PRODUCER_FENCED",
    "INVALID_PRODUCER_ID_MAPPING",
    "UNKNOWN_PRODUCER_ID",
    "OUT_OF_ORDER_SEQUENCE_NUMBER",
    "INVALID_TXN_STATE",
    "TRANSACTION_COORDINATOR_FENCED",
    "UNKNOWN_MEMBER_ID",
    "ILLEGAL_GENERATION",
    "REBALANCE_IN_PROGRESS",
    "MEMBER_ID_REQUIRED",
    "FENCED_INSTANCE_ID",
  ]),
  trouble: { code: "fenced", verdict: "fatal" },
};

/** kafkajs has tried long enough for a topic that was just made. */
export const MISSING: Sorted = {
  types: new Set(["UNKNOWN_TOPIC_OR_PARTITION"]),
  trouble: {
    code: "kafka_topic_missing",
    verdict: "fatal",
    hint: "Create it, or let Watchkeeper create topics; was it deleted while in use?",
  },
};

/** Over `message.max.bytes` of the broker or `max.message.bytes` of the topic. */
export const TOO_LARGE: Sorted = {
  types: new Set(["MESSAGE_TOO_LARGE", "RECORD_LIST_TOO_LARGE"]),
  trouble: { code: "record_too_large", verdict: "poison", hint: "Raise max.message.bytes of SUBJECT." },
};

/** What only somebody at the settings can mend. */
export const FATAL: readonly Sorted[] = [
  {
    types: new Set([
      "KafkaJSSASLAuthenticationError",
      "SASL_AUTHENTICATION_FAILED",
      "UNSUPPORTED_SASL_MECHANISM",
      "ILLEGAL_SASL_STATE",
      "SECURITY_DISABLED",
    ]),
    trouble: {
      code: "kafka_auth_failed",
      verdict: "fatal",
      hint: "Check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD, and that KAFKA_BROKERS names the listener for them.",
    },
  },
  {
    types: new Set([
      "TOPIC_AUTHORIZATION_FAILED",
      "GROUP_AUTHORIZATION_FAILED",
      "CLUSTER_AUTHORIZATION_FAILED",
      "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
    ]),
    trouble: {
      code: "kafka_not_authorized",
      verdict: "fatal",
      hint: "Grant this user the rights on SUBJECT, on its groups and on its transactional ids.",
    },
  },
  {
    types: new Set(["OFFSET_OUT_OF_RANGE", "KafkaJSOffsetOutOfRange"]),
    trouble: {
      code: "kafka_offset_gone",
      verdict: "fatal",
      hint: "Retention deleted records of SUBJECT before they were read; raise it above the longest outage.",
    },
  },
  {
    types: new Set([
      "KafkaJSNotImplemented",
      "KafkaJSServerDoesNotSupportApiKey",
      "KafkaJSUnsupportedMagicByteInMessageSet",
      "UNSUPPORTED_VERSION",
      "UNSUPPORTED_FOR_MESSAGE_FORMAT",
      "UNSUPPORTED_COMPRESSION_TYPE",
    ]),
    trouble: { code: "kafka_unsupported", verdict: "fatal", hint: "Use Apache Kafka 2.1 or later." },
  },
  {
    types: new Set([
      "POLICY_VIOLATION",
      "INVALID_TOPIC_EXCEPTION",
      "INVALID_PARTITIONS",
      "INVALID_REPLICATION_FACTOR",
      "INVALID_REPLICA_ASSIGNMENT",
      "INVALID_CONFIG",
      "INVALID_GROUP_ID",
      "INVALID_SESSION_TIMEOUT",
      "INVALID_TRANSACTION_TIMEOUT",
      "INCONSISTENT_GROUP_PROTOCOL",
      "GROUP_MAX_SIZE_REACHED",
    ]),
    trouble: {
      code: "kafka_refused",
      verdict: "fatal",
      hint: "The cluster's rules do not allow what was asked for SUBJECT; see the message.",
    },
  },
];

/** The other side's certificate is not trusted, or it does not speak TLS. */
export const TLS: Trouble = {
  code: "kafka_tls_failed",
  verdict: "fatal",
  hint: "Trust a private authority with NODE_EXTRA_CA_CERTS=FILE; check KAFKA_SSL and the host names in the certificate.",
};

/** Whether a connection's `code` is about certificates or TLS itself: names of OpenSSL and Node. */
export function isTlsFailure(code: unknown): boolean {
  return (
    typeof code === "string" &&
    /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY|DECRYPT|DECODE)|ERR_TLS|ERR_SSL|EPROTO/.test(code)
  );
}
