import kafkajs, { type Transaction } from "kafkajs";
import { describe, expect, it } from "vitest";
import { fillTransaction, type Step } from "../../../../ingest/log/kafka/fill-transaction.ts";
import { createNames } from "../../../../ingest/log/kafka/names.ts";
import type { Outgoing } from "../../../../ingest/log/kafka/wire.ts";
import { TOPICS } from "../../../../schemas/topics.ts";

const concurrent = () => Object.assign(new Error("not over yet"), { type: "CONCURRENT_TRANSACTIONS" });
const exceeded = () => Object.assign(new Error("tried often enough"), { cause: concurrent() });

const messages: Outgoing[] = [
  { topic: TOPICS.watchState, partition: 1, key: "a", value: "1" },
  { topic: TOPICS.findings, partition: 1, key: "a", value: "found" },
  { topic: TOPICS.watchState, partition: 1, key: "b", value: "2" },
];

/** A transaction that refuses the first calls with these, and what came of the others. */
function transactionOf(refusals: readonly unknown[], unanswered = false) {
  const left = [...refusals];
  const calls: string[] = [];
  const refuse = () => {
    if (left.length > 0) throw left.shift();
  };
  const transaction = {
    async sendBatch({ topicMessages = [] }: { topicMessages?: kafkajs.TopicMessages[] }) {
      refuse();
      const sent = topicMessages.flatMap(({ topic, messages: some }) =>
        some.map(({ key, partition }) => ({ topicName: topic, key, partition: partition ?? -1 })),
      );
      calls.push(`send ${sent.map(({ topicName, key }) => `${topicName}:${String(key)}`).join(" ")}`);
      return unanswered ? [] : sent.map(({ topicName, partition }) => ({ topicName, partition, errorCode: 0 }));
    },
    async sendOffsets({ consumerGroupId, topics }: kafkajs.Offsets & { consumerGroupId: string }) {
      refuse();
      calls.push(`offsets ${consumerGroupId} ${JSON.stringify(topics)}`);
    },
  };
  return { transaction: transaction as unknown as Transaction, calls };
}

const pauses: number[] = [];
const fill = (transaction: Transaction, step: Step, isOver = () => false) => {
  pauses.length = 0;
  return fillTransaction(
    transaction,
    step,
    {
      ...{ group: "g", partition: 1, names: createNames("p-"), compression: kafkajs.CompressionTypes.None },
      sleep: async (ms) => void pauses.push(ms),
    },
    isOver,
  );
};

const OFFSETS = `offsets p-g ${JSON.stringify([{ topic: "p-agent-journal", partitions: [{ partition: 1, offset: "7" }] }])}`;

describe("a transaction", () => {
  it("begins with the offset, which goes to one broker, and is patient until the last transaction is over", async () => {
    const { transaction, calls } = transactionOf([concurrent(), concurrent(), concurrent()]);
    await fill(transaction, { messages, offset: { topic: TOPICS.journal, offset: 7 } });
    expect(calls).toEqual([OFFSETS, "send p-agent-watch-state:a p-agent-watch-state:b p-agent-findings:a"]);
    expect(pauses).toEqual([5, 10, 20]);
  });

  it("begins with its first message where there is no offset", async () => {
    const { transaction, calls } = transactionOf([exceeded()]);
    await fill(transaction, { messages });
    expect(calls).toEqual(["send p-agent-watch-state:a", "send p-agent-findings:a p-agent-watch-state:b"]);
  });

  it("tries nothing else again, and nothing once it took too long", async () => {
    const gone = new Error("connection lost");
    const broken = transactionOf([gone]);
    await expect(fill(broken.transaction, { messages })).rejects.toBe(gone);
    const refusal = concurrent();
    const late = transactionOf([refusal]);
    await expect(fill(late.transaction, { messages }, () => true)).rejects.toBe(refusal);
    expect([...broken.calls, ...late.calls]).toEqual([]);
  });

  it("is not whole when a partition was not answered for", async () => {
    const { transaction } = transactionOf([], true);
    await expect(fill(transaction, { messages })).rejects.toMatchObject({ code: "log_unavailable" });
  });
});
