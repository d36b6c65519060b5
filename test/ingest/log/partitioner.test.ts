import fc from "fast-check";
import kafkajs from "kafkajs";
import { describe, expect, it } from "vitest";
import { createPartitioner } from "../../../ingest/log/partitioner.ts";

describe("the partitioner", () => {
  it("agrees with kafkajs for any key and count, the first time and when it remembers", () => {
    const kafka = kafkajs.Partitioners.DefaultPartitioner();
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 48 }), (key, count) => {
        const partitionOf = createPartitioner(count);
        const partitionMetadata = Array.from({ length: count }, (_, partitionId) => ({
          partitionId,
          partitionErrorCode: 0,
          leader: 1,
          replicas: [1],
          isr: [1],
        }));
        const expected = kafka({ topic: "t", partitionMetadata, message: { key, value: "v" } });
        expect(partitionOf(key)).toBe(expected);
        expect(partitionOf(key)).toBe(expected);
      }),
    );
  });

  it("keeps agreeing with itself after more keys than it remembers", () => {
    const partitionOf = createPartitioner(4);
    const first = Array.from({ length: 100 }, (_, i) => partitionOf(`agent ${i}`));
    for (let i = 0; i < 70_000; i++) partitionOf(`another ${i}`);
    expect(Array.from({ length: 100 }, (_, i) => partitionOf(`agent ${i}`))).toEqual(first);
  });
});
