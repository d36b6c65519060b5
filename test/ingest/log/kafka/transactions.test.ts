import kafkajs from "kafkajs";
import { describe, expect, it } from "vitest";
import { createNames } from "../../../../ingest/log/kafka/names.ts";
import { createTransactions, type Ownership } from "../../../../ingest/log/kafka/transactions.ts";
import { TOPICS } from "../../../../schemas/topics.ts";

const STEP = { messages: [], offset: { topic: TOPICS.journal, offset: 7 } };

/** A broker that does what the test says, and keeps what it was told. */
function scene({ ownership = "held" as Ownership, onFence = () => {}, onSend = () => {} } = {}) {
  const done: string[] = [];
  const state = { ownership, pauses: 0 };
  const producer = () => ({
    connect: async () => void done.push("connect"),
    disconnect: async () => void done.push("disconnect"),
    transaction: async () => ({
      abort: async () => onFence(),
      async sendOffsets() {
        onSend();
      },
      sendBatch: async () => [],
      commit: async () => void done.push("commit"),
    }),
  });
  const transactions = createTransactions({
    kafka: { producer: producer as unknown as kafkajs.Kafka["producer"] },
    ...{ group: "g", partition: 1, names: createNames(), compression: kafkajs.CompressionTypes.None },
    ...{ elapsed: () => performance.now(), ownership: () => state.ownership },
    committed: async () => 0,
    async sleep() {
      state.pauses += 1;
    },
  });
  return { transactions, done, state };
}

describe("the writer of a partition", () => {
  it("that has lost its producer and may not fence others again ends at once", async () => {
    let refusals = 1;
    const { transactions, done, state } = scene({
      onSend() {
        if (refusals-- > 0) throw Object.assign(new Error("too large"), { type: "MESSAGE_TOO_LARGE" });
      },
    });
    await transactions.open();
    await expect(transactions.write(STEP)).rejects.toMatchObject({ code: "record_too_large" });
    state.ownership = "over";
    await expect(transactions.write(STEP)).rejects.toMatchObject({ code: "fenced" });
    expect(state.pauses).toBe(0);
    expect(done).not.toContain("commit");
  });

  it("says that it may be tried again while it is not sure of its partition, and goes on when it is", async () => {
    const { transactions, done, state } = scene({ ownership: "unsure" });
    await expect(transactions.write(STEP)).rejects.toMatchObject({ code: "log_unavailable", verdict: "retry" });
    expect(done).toEqual([]);
    state.ownership = "held";
    await transactions.write(STEP);
    expect(done).toEqual(["connect", "commit"]);
  });

  it.each([
    ["over" as const, "fenced"],
    ["unsure" as const, "log_unavailable"],
  ])("writes nothing when its ownership is %s by the time it has fenced the others", async (ownership, code) => {
    const { transactions, done, state } = scene({
      onFence() {
        state.ownership = ownership;
      },
    });
    await expect(transactions.write(STEP)).rejects.toMatchObject({ code });
    expect(done).toContain("connect");
    expect(done).toContain("disconnect");
    expect(done).not.toContain("commit");
  });
});
