import fc from "fast-check";
import type { KafkaMessage } from "kafkajs";
import { describe, expect, it } from "vitest";
import { createNames } from "../../../../ingest/log/kafka/names.ts";
import { isAnswered, type Outgoing, recordOf, requestsOf, unreadableIn } from "../../../../ingest/log/kafka/wire.ts";
import { TOPICS } from "../../../../schemas/topics.ts";

const names = createNames("p-");
const MIB = 1024 ** 2;

describe("requests", () => {
  it("hold every message once, in order within its partition, and never too much", () => {
    const message = fc.record({
      topic: fc.constantFrom(TOPICS.journal, TOPICS.findings),
      partition: fc.nat(3),
      key: fc.string({ maxLength: 10 }),
      value: fc.oneof(
        fc.constant(null),
        fc.integer({ min: 0, max: 1_500_000 }).map((length) => "x".repeat(length)),
      ),
    });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 30 }), (messages) => {
        const numbered = messages.map((one, n) => ({ ...one, key: `${n}` }));
        const requests = [...requestsOf(numbered, names)];
        const lanes = new Map<string, string[]>();
        for (const request of requests) {
          let total = 0;
          for (const { topic, messages: sent } of request) {
            const sizes = new Map<number, { bytes: number; count: number }>();
            for (const { key, value, partition = -1 } of sent) {
              const lane = `${topic}/${partition}`;
              lanes.set(lane, [...(lanes.get(lane) ?? []), String(key)]);
              const { bytes, count } = sizes.get(partition) ?? { bytes: 0, count: 0 };
              sizes.set(partition, { bytes: bytes + (value?.length ?? 0), count: count + 1 });
              total += value?.length ?? 0;
            }
            for (const { bytes, count } of sizes.values()) expect(count === 1 || bytes < MIB).toBe(true);
          }
          expect(total < 4 * MIB || request.flatMap((one) => one.messages).length === 1).toBe(true);
        }
        const expected = new Map<string, string[]>();
        for (const { topic, partition, key } of numbered) {
          const lane = `${names.topic(topic)}/${partition}`;
          expected.set(lane, [...(expected.get(lane) ?? []), key]);
        }
        expect(lanes).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  it("carry the schema's version and the producer", () => {
    const one: Outgoing = { topic: TOPICS.journal, partition: 2, key: "k", value: "v" };
    expect([...requestsOf([one], names)]).toEqual([
      [
        {
          topic: "p-agent-journal",
          messages: [
            { key: "k", value: "v", partition: 2, headers: { "schema-version": "1", producer: "watchkeeper" } },
          ],
        },
      ],
    ]);
    expect([...requestsOf([], names)]).toEqual([]);
  });

  it("are answered only when every partition of them is named", () => {
    const request = [{ topic: "t", messages: [0, 1].map((partition) => ({ partition, value: "v" })) }];
    const answer = (topicName: string, partition: number) => ({ topicName, partition, errorCode: 0 });
    expect(isAnswered(request, [answer("t", 1), answer("t", 0)])).toBe(true);
    expect(isAnswered(request, [answer("t", 1)])).toBe(false);
    expect(isAnswered(request, [answer("t", 1), answer("u", 0)])).toBe(false);
  });
});

describe("a message that was read", () => {
  const message: KafkaMessage = {
    ...{ offset: "9007199254740991", timestamp: "1700000000000", attributes: 0 },
    ...{ key: Buffer.from("🦑"), value: Buffer.from("v"), headers: {} },
  };

  it("is a record, with the headers that we know on the inlet only", () => {
    const headers = { producer: "1", "watchkeeper-id": [Buffer.from("3"), Buffer.from("4")], other: "5" };
    const bare = {
      ...{ partition: 3, offset: 9007199254740991, timestamp: 1_700_000_000_000 },
      ...{ key: "🦑", value: Buffer.from("v") },
    };
    expect(recordOf(TOPICS.journal, 3, { ...message, headers })).toEqual({ topic: TOPICS.journal, ...bare });
    expect(recordOf(TOPICS.events, 3, { ...message, headers })).toEqual({
      ...{ topic: TOPICS.events, ...bare },
      headers: { producer: "1", "watchkeeper-id": "4" },
    });
  });

  it("says when it has no value, and has a key in any case", () => {
    const { isNull, value, key } = recordOf(TOPICS.events, 0, { ...message, key: null, value: null });
    expect({ isNull, value, key }).toEqual({ isNull: true, value: Buffer.alloc(0), key: "" });
  });

  it("tells the offsets for which it stands when they cannot be read", () => {
    const error = new Error("broken");
    const placeholder = { ...message, offset: "12", unreadable: { from: 7, error } };
    expect(unreadableIn([message, placeholder])).toEqual([{ from: 7, to: 13, error }]);
  });
});
