import { expect, it } from "vitest";
import { positionOf } from "../../../../ingest/log/kafka/position.ts";
import { TOPICS } from "../../../../schemas/topics.ts";

it("is taken as the broker shows it when a transaction of the group never ends, and that is said", async () => {
  const said: unknown[] = [];
  let waitedMs = 0;
  const position = await positionOf({
    ...{ group: "store", topic: TOPICS.journal, partition: 1 },
    watermarks: { settled: async () => undefined, committed: async () => new Map([[1, 40]]) },
    async sleep(ms) {
      waitedMs += ms;
    },
    logger: { warn: (about: unknown) => void said.push(about) },
  });
  expect([position, waitedMs]).toEqual([40, 5_000]);
  expect(said).toEqual([{ group: "store", topic: TOPICS.journal, partition: 1 }]);
});
