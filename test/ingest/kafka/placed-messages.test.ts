import { createRequire } from "node:module";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type PlacedMessage, placedMessages } from "../../../ingest/kafka/placed-messages.ts";

type Group = (given: {
  topic: string;
  partitionMetadata: readonly object[];
  messages: readonly unknown[];
  partitioner: (given: { message: PlacedMessage }) => number;
}) => Record<string, unknown[]>;

it("is grouped by kafkajs as the plain list is", () => {
  const group = createRequire(import.meta.url)("kafkajs/src/producer/groupMessagesPerPartition.js") as Group;
  const partitioner = ({ message }: { message: PlacedMessage }) => message.partition;
  const message = fc.record({ partition: fc.nat(5), value: fc.string() });
  fc.assert(
    fc.property(fc.array(message), (messages) => {
      const given = { topic: "t", partitionMetadata: [{}], partitioner };
      const placed = placedMessages(messages);
      expect(placed).toEqual(messages);
      expect(group({ ...given, messages: placed })).toEqual(group({ ...given, messages }));
    }),
  );
});
