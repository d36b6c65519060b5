import { expect, it } from "vitest";
import { createRoom } from "../../../../ingest/log/kafka/room.ts";

it("turns partitions away while too much waits, and lets each in once when half of it is gone", () => {
  let held = 0;
  const letIn: number[] = [];
  const room = createRoom({ limitBytes: 100, held: () => held, letIn: (partition) => letIn.push(partition) });
  expect(room.admit(1)).toBe(true);
  held = 101;
  expect([room.admit(1), room.admit(2), room.admit(2)]).toEqual([false, false, false]);
  held = 51;
  room.freed();
  expect(letIn).toEqual([]);
  held = 50;
  room.freed();
  room.freed();
  expect(letIn).toEqual([1, 2]);
  expect(room.admit(1)).toBe(true);
});
