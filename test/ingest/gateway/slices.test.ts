import { describe, expect, it } from "vitest";
import { createTurns } from "../../../ingest/gateway/slices.ts";

describe("turns at the event loop", () => {
  it("lets one holder work at a time, in the order they came, with a round of the loop before each", async () => {
    let time = 0;
    const takeTurn = createTurns(10, () => time);
    const order: string[] = [];
    let holders = 0;
    let rounds = 0;
    let working = true;
    const count = () => {
      rounds += 1;
      if (working) setImmediate(count);
    };
    setImmediate(count);
    const work = async (name: string) => {
      for (let slice = 0; slice < 3; slice += 1) {
        const turn = await takeTurn();
        holders += 1;
        expect(holders).toBe(1);
        expect(turn.over()).toBe(false);
        time += 11;
        expect(turn.over()).toBe(true);
        order.push(name);
        holders -= 1;
        turn.end();
      }
    };
    await Promise.all([work("a"), work("b")]);
    working = false;
    expect(order).toEqual(["a", "b", "a", "b", "a", "b"]);
    expect(rounds).toBeGreaterThanOrEqual(5);
  });
});
