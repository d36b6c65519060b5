import { createRequire } from "node:module";
import kafkajs from "kafkajs";
import { expect, it } from "vitest";
import { mendLeave } from "../../../ingest/kafka/mend-leave.ts";

it("says that a membership is over before it asks to leave, and nothing where there is none", async () => {
  mendLeave();
  mendLeave();
  const load = createRequire(import.meta.url);
  const { prototype } = load("kafkajs/src/consumer/consumerGroup.js") as { prototype: { leave(): Promise<void> } };
  const done: unknown[] = [];
  const group = Object.assign(Object.create(prototype) as typeof prototype & { memberId: string | null }, {
    ...{ groupId: "g", memberId: "m" },
    instrumentationEmitter: { emit: (name: string, payload: object) => void done.push([name, payload]) },
    coordinator: { leaveGroup: async (payload: object) => void done.push(["leaveGroup", payload]) },
  });
  await group.leave();
  const { REBALANCING } = new kafkajs.Kafka({ brokers: ["x:1"] }).consumer({ groupId: "g" }).events;
  const member = { groupId: "g", memberId: "m" };
  expect(done).toEqual([
    [REBALANCING, member],
    ["leaveGroup", member],
  ]);
  expect(group.memberId).toBeNull();
  await group.leave();
  expect(done).toHaveLength(2);
});
