import {
  KafkaJSAggregateError,
  KafkaJSConnectionError,
  KafkaJSError,
  KafkaJSNonRetriableError,
  KafkaJSNumberOfRetriesExceeded,
  KafkaJSProtocolError,
} from "kafkajs";
import { pino } from "pino";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { connectKafka, PRODUCER_DEFAULTS } from "../../../ingest/kafka/client.ts";
import { classifyKafkaError } from "../../../ingest/kafka/errors.ts";
import { WatchkeeperError } from "../../../schemas/errors.ts";
import { kafkaAvailable } from "../../kafka/available.ts";
import { sharedBroker } from "../../kafka/shared.ts";
import { makeTopic } from "./topics.ts";

/** As kafkajs makes it out of a broker's answer. */
function answered(type: string, retriable = false): Error {
  return new KafkaJSProtocolError(Object.assign(new Error(`the broker said ${type}`), { type, code: 1, retriable }));
}

const afterRetries = (error: Error) =>
  Object.assign(new KafkaJSNumberOfRetriesExceeded(error, { retryCount: 8, retryTime: 1 }));

describe("errors of Kafka", () => {
  it.each([
    ["LEADER_NOT_AVAILABLE", true, "log_unavailable", "retry"],
    ["GROUP_LOAD_IN_PROGRESS", true, "log_unavailable", "retry"],
    ["NOT_ENOUGH_REPLICAS", true, "log_unavailable", "retry"],
    ["UNKNOWN", false, "log_unavailable", "retry"],
    ["INVALID_PRODUCER_EPOCH", false, "fenced", "fatal"],
    ["ILLEGAL_GENERATION", false, "fenced", "fatal"],
    ["UNKNOWN_MEMBER_ID", false, "fenced", "fatal"],
    ["SASL_AUTHENTICATION_FAILED", false, "kafka_auth_failed", "fatal"],
    ["TOPIC_AUTHORIZATION_FAILED", false, "kafka_not_authorized", "fatal"],
    ["UNKNOWN_TOPIC_OR_PARTITION", true, "kafka_topic_missing", "fatal"],
    ["MESSAGE_TOO_LARGE", false, "record_too_large", "poison"],
    ["OFFSET_OUT_OF_RANGE", false, "kafka_offset_gone", "fatal"],
    ["UNSUPPORTED_VERSION", false, "kafka_unsupported", "fatal"],
    ["INVALID_REPLICATION_FACTOR", false, "kafka_refused", "fatal"],
    ["SOMETHING_NEW", false, "kafka_failed", "fatal"],
    ["SOMETHING_NEW", true, "log_unavailable", "retry"],
  ])("%s (retriable: %s) is %s, %s", (type, retriable, code, verdict) => {
    expect(classifyKafkaError(answered(type, retriable))).toMatchObject({ code, verdict });
    expect(classifyKafkaError(afterRetries(answered(type, retriable))).code).toBe(
      code === "kafka_failed" ? "log_unavailable" : code,
    );
  });

  it("wait two seconds for what passes, and only for that", () => {
    const gone = new KafkaJSConnectionError("Connection error: connect ECONNREFUSED", {
      broker: "b:1",
      code: "ECONNREFUSED",
    });
    expect(classifyKafkaError(gone)).toMatchObject({ code: "log_unavailable", retryAfterMs: 2_000, cause: gone });
    expect(classifyKafkaError(answered("MESSAGE_TOO_LARGE")).retryAfterMs).toBeUndefined();
  });

  it("know a connection that was lost between two requests by its words, the only thing it has", () => {
    const unnamed = new Error("Broker not connected");
    expect(classifyKafkaError(unnamed)).toMatchObject({ code: "log_unavailable", verdict: "retry" });
    expect(classifyKafkaError(new Error("something else"))).toMatchObject({ code: "kafka_failed", verdict: "fatal" });
  });

  it("know a fenced producer by the code that kafkajs has no name for", () => {
    const unnamed = Object.assign(answered("KAFKAJS_UNKNOWN_ERROR_CODE"), { message: "Unknown error code 90" });
    expect(classifyKafkaError(unnamed).code).toBe("fenced");
  });

  it("name the topic and the group", () => {
    const error = classifyKafkaError(answered("GROUP_AUTHORIZATION_FAILED"), {
      topic: "agent-events",
      group: "intake",
    });
    expect(error.message).toContain("(topic agent-events, group intake)");
    expect(error.hint).toContain("topic agent-events, group intake");
  });

  it("of several at once are the one that does not pass", () => {
    const several = new KafkaJSAggregateError("Topic creation errors", [
      answered("NOT_CONTROLLER", true) as KafkaJSError,
      answered("POLICY_VIOLATION") as KafkaJSError,
    ]);
    expect(classifyKafkaError(several).code).toBe("kafka_refused");
  });

  it("are told apart from passwords, certificates, our own errors and mistakes in the code", () => {
    const refused = Object.assign(new KafkaJSError("SASL PLAIN failed"), { name: "KafkaJSSASLAuthenticationError" });
    expect(classifyKafkaError(refused).code).toBe("kafka_auth_failed");
    const untrusted = new KafkaJSConnectionError("self-signed certificate", {
      broker: "b:1",
      code: "DEPTH_ZERO_SELF_SIGNED_CERT",
    });
    expect(classifyKafkaError(untrusted).code).toBe("kafka_tls_failed");
    const ours = new WatchkeeperError("full", { code: "log_full", verdict: "retry" });
    expect(classifyKafkaError(afterRetries(ours))).toBe(ours);
    expect(classifyKafkaError(new KafkaJSNonRetriableError("no")).code).toBe("kafka_failed");
    expect(classifyKafkaError(new TypeError("x is not a function"))).toMatchObject({
      code: "kafka_failed",
      verdict: "fatal",
    });
    expect(classifyKafkaError("thrown text").message).toBe("Kafka: thrown text");
    expect(classifyKafkaError(undefined).code).toBe("kafka_failed");
  });

  describe.runIf(kafkaAvailable().shared)("from a broker", () => {
    // The first start on a machine fetches Kafka.
    beforeAll(async () => void (await sharedBroker()));
    const client = async () => {
      const { brokers } = await sharedBroker();
      return connectKafka({
        connection: { brokers, ssl: false },
        clientId: "errors",
        retry: { retries: 2 },
        logger: pino({ level: "silent" }),
      });
    };

    it("say that a topic is missing and that a record is too large", async () => {
      const kafka = await client();
      const topic = await makeTopic(kafka, "small", { "max.message.bytes": "2000" });
      const producer = kafka.producer(PRODUCER_DEFAULTS);
      await producer.connect();
      const send = async (to: string) =>
        await producer.send({ topic: to, messages: [{ value: "x".repeat(5_000) }] }).catch((error) => error);
      expect(classifyKafkaError(await send(topic), { topic })).toMatchObject({
        code: "record_too_large",
        verdict: "poison",
      });
      expect(classifyKafkaError(await send("never-made"))).toMatchObject({ code: "kafka_topic_missing" });
      await producer.disconnect();
    });

    it("call a producer fenced whose transactional id another has taken over", async () => {
      const kafka = await client();
      const topic = await makeTopic(kafka, "fenced");
      const first = kafka.producer(PRODUCER_DEFAULTS);
      await first.connect();
      const isTaken = () =>
        first.send({ topic, messages: [{ value: "first" }] }).then(
          () => true,
          () => false,
        );
      await vi.waitUntil(isTaken, { timeout: 30_000 });
      await first.disconnect();
      const options = { ...PRODUCER_DEFAULTS, idempotent: true, maxInFlightRequests: 1, transactionalId: topic };
      const [former, current] = [kafka.producer(options), kafka.producer(options)];
      await former.connect();
      const transaction = await former.transaction();
      await transaction.send({ topic, messages: [{ value: "of the former" }] });
      await current.connect();
      // kafkajs claims the transactional id with the first transaction, not when it connects.
      await (await current.transaction()).abort();
      const late = await transaction.commit().catch((error: unknown) => error);
      expect(classifyKafkaError(late).code).toBe("fenced");
      await Promise.all([former.disconnect(), current.disconnect()]);
    });
  });
});
