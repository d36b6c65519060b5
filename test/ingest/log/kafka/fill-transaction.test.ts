import kafkajs, { type Transaction } from "kafkajs";
import { describe, expect, it } from "vitest";
import { fillTransaction, type Step } from "../../../../ingest/log/kafka/fill-transaction.ts";
import { createNames } from "../../../../ingest/log/kafka/names.ts";
import type { Outgoing } from "../../../../ingest/log/kafka/wire.ts";
import { TOPICS } from "../../../../schemas/topics.ts";

const concurrent = () => Object.assign(new Error("not over yet"), { type: "CONCURRENT_TRANSACTIONS" });
const wrapped = () => Object.assign(new Error("tried often enough"), { cause: concurrent() });

const messages: Outgoing[] = [
  { topic: TOPICS.watchState, partition: 1, key: "a", value: "1" },
  { topic: TOPICS.findings, partition: 1, key: "a", value: "found" },
  { topic: TOPICS.watchState, partition: 1, key: "b", value: "2" },
  { topic: TOPICS.watchState, partition: 2, key: "c", value: "3" },
];
const offset = { topic: TOPICS.journal, offset: 7 };

/** A transaction that refuses the first offsets with these, and records where the test says so. */
function transactionOf({ refusals = [] as unknown[], onSend = async (_: string): Promise<boolean> => true } = {}) {
  const left = [...refusals];
  const calls: string[] = [];
  const transaction = {
    async sendBatch({ topicMessages = [] }: kafkajs.ProducerBatch) {
      const sent = topicMessages.flatMap(({ topic, messages: some }) =>
        some.map(({ key, partition }) => ({ topicName: topic, key, partition: partition ?? -1, errorCode: 0 })),
      );
      const call = sent.map(({ topicName, partition, key }) => `${topicName}/${partition}:${String(key)}`).join(" ");
      const isAnswered = await onSend(call);
      calls.push(call);
      return isAnswered ? sent : [];
    },
    async sendOffsets({ consumerGroupId, topics }: kafkajs.Offsets & { consumerGroupId: string }) {
      if (left.length > 0) throw left.shift();
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

describe("a transaction", () => {
  it("is filled by requests of one partition each, in order within it", async () => {
    const { transaction, calls } = transactionOf();
    await fill(transaction, { messages });
    expect(calls).toEqual([
      "p-agent-watch-state/1:a p-agent-watch-state/1:b",
      "p-agent-findings/1:a",
      "p-agent-watch-state/2:c",
    ]);
  });

  it("begins with the offset, and is patient until the transaction before is over", async () => {
    const { transaction, calls } = transactionOf({ refusals: [concurrent(), wrapped(), concurrent()] });
    await fill(transaction, { messages: messages.slice(0, 1), offset });
    expect(calls).toEqual([
      `offsets p-g ${JSON.stringify([{ topic: "p-agent-journal", partitions: [{ partition: 1, offset: "7" }] }])}`,
      "p-agent-watch-state/1:a",
    ]);
    expect(pauses).toEqual([5, 10, 20]);
  });

  it("is not waited for when something else is wrong, and not once it took too long", async () => {
    const gone = new Error("connection lost");
    await expect(fill(transactionOf({ refusals: [gone] }).transaction, { messages, offset })).rejects.toBe(gone);
    const late = concurrent();
    const { transaction, calls } = transactionOf({ refusals: [late] });
    await expect(fill(transaction, { messages, offset }, () => true)).rejects.toBe(late);
    expect(calls).toEqual([]);
  });

  it("fails when nothing is under way any more", async () => {
    const gone = new Error("connection lost");
    let slow: (isAnswered: boolean) => void = () => undefined;
    const { transaction, calls } = transactionOf({
      onSend: (call) =>
        call.startsWith("p-agent-findings")
          ? Promise.reject(gone)
          : new Promise((resolve) => {
              slow = resolve;
            }),
    });
    let isOver = false;
    const filled = fill(transaction, { messages: messages.slice(0, 2) }).finally(() => {
      isOver = true;
    });
    filled.catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    expect(isOver).toBe(false);
    slow(true);
    await expect(filled).rejects.toBe(gone);
    expect(calls).toHaveLength(1);
  });

  it("is not whole when a partition was not answered for", async () => {
    const { transaction } = transactionOf({ onSend: async () => false });
    await expect(fill(transaction, { messages })).rejects.toMatchObject({ code: "log_unavailable" });
  });
});
