/** How a process that appends to Kafka finds out that it may again. */
import { describe, expect, it } from "vitest";
import { createAppender } from "../../../../ingest/log/kafka/appender.ts";
import { unavailable } from "../../../../ingest/log/kafka/errors.ts";
import type { Outgoing } from "../../../../ingest/log/kafka/wire.ts";
import { TOPICS } from "../../../../schemas/topics.ts";

const RECORD: Outgoing = { topic: TOPICS.journal, partition: 0, key: "a", value: "{}" };

/** Kafka as these tests have it, and a clock that moves when somebody waits. */
function setUp() {
  const kafka = { takes: true, answers: true, probes: 0 };
  let now = 0;
  const appender = createAppender({
    sender: {
      async send() {
        if (!kafka.takes) throw unavailable("Kafka is away.");
      },
      close: async () => undefined,
    },
    async probe() {
      kafka.probes += 1;
      if (!kafka.answers) throw unavailable("Kafka is away.");
    },
    elapsed: () => now,
    async sleep(ms) {
      now += ms;
      await new Promise((resolve) => setImmediate(resolve));
    },
  });
  return { kafka, appender };
}

describe("appending while Kafka is away", () => {
  it("is in trouble until Kafka answers again, also when nothing more is appended", async () => {
    const { kafka, appender } = setUp();
    kafka.takes = false;
    kafka.answers = false;
    await expect(appender.append([RECORD])).rejects.toMatchObject({ code: "log_unavailable" });
    await expect.poll(() => kafka.probes).toBeGreaterThan(2);
    expect(appender.trouble?.code).toBe("log_unavailable");
    kafka.answers = true;
    await expect.poll(() => appender.trouble).toBeUndefined();
    const { probes } = kafka;
    kafka.takes = true;
    await appender.append([RECORD]);
    expect(kafka.probes).toBe(probes);
    await appender.close();
  });

  it("asks nothing more once it is closed", async () => {
    const { kafka, appender } = setUp();
    kafka.takes = false;
    kafka.answers = false;
    await expect(appender.append([RECORD])).rejects.toMatchObject({ code: "log_unavailable" });
    await expect.poll(() => kafka.probes).toBeGreaterThan(0);
    await appender.close();
    const after = kafka.probes;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(kafka.probes).toBeLessThanOrEqual(after + 1);
  });
});
