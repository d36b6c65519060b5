import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { openKafkaLog } from "../../../ingest/log/kafka-log.ts";
import { setGroupBack } from "../../../ingest/log/set-group-back.ts";
import { TOPICS } from "../../../schemas/topics.ts";
import { recordingReader } from "../../contract/event-log-contract.ts";
import { kafkaAvailable } from "../../kafka/available.ts";
import { sharedBroker } from "../../kafka/shared.ts";

const logger = pino({ level: "silent" });

describe.runIf(kafkaAvailable().shared)("a group that is set back", () => {
  it("reads again from there, and is refused while it has members", async () => {
    const { brokers } = await sharedBroker();
    const connection = { brokers, ssl: false };
    const prefix = `${randomUUID().slice(0, 8)}-`;
    const log = await openKafkaLog({
      ...{ connection, prefix, logger, clientId: "test", partitions: 2, inletPartitions: 2 },
      ...{ inletRetentionMs: 3_600_000, journalRetentionMs: 3_600_000, onGap: () => undefined },
    });
    onTestFinished(() => log.close());
    const read = () =>
      recordingReader(log, "store", TOPICS.journal, {
        handle: (records, assignment) => assignment.commit({ offset: (records.at(-1)?.offset ?? 0) + 1 }),
      });
    const keys = ["a", "b", "c", "d", "e", "f"];
    await log.append(keys.map((key) => ({ topic: TOPICS.journal, key, value: "1" })));
    const first = read();
    await expect.poll(() => first.records).toHaveLength(keys.length);
    const positions = [0, 1].map((partition) => ({ topic: TOPICS.journal, partition, offset: 1 }));
    const back = () => setGroupBack({ connection, prefix, logger, group: "store", positions });
    await expect(back()).rejects.toMatchObject({ code: "group_not_set_back" });
    await first.member.stop();
    await back();
    const lag = await log.lag("store", TOPICS.journal);
    expect(lag.map(({ committed }) => committed)).toEqual([1, 1]);
    const again = read();
    await expect.poll(() => again.records).toHaveLength(keys.length - 2);
    expect(again.records.every(({ offset }) => offset >= 1)).toBe(true);
    await again.member.stop();
  });
});
