import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SlidingHour } from "../../../detectors/window/sliding-hour.ts";

const SLOT_MS = 300_000;
const START = Date.UTC(2026, 5, 1, 9);

/** Events of an agent that works and rests: how many slots later (or earlier) each comes, of which series, how much. */
const events = fc.array(
  fc.record({
    slots: fc.oneof(
      { weight: 6, arbitrary: fc.constant(0) },
      { weight: 2, arbitrary: fc.integer({ min: -13, max: 15 }) },
    ),
    series: fc.nat(9),
    amount: fc.integer({ min: 1, max: 50 }),
  }),
  { maxLength: 80 },
);

describe("the sliding hour", () => {
  it("holds for each series what was added in the newest twelve slots", () => {
    fc.assert(
      fc.property(events, fc.nat(80), (steps, cut) => {
        let hour = new SlidingHour();
        const taken: { slot: number; series: number; amount: number }[] = [];
        let [slot, newest] = [START / SLOT_MS, 0];
        steps.forEach(({ slots, series, amount }, index) => {
          if (index === cut) hour = SlidingHour.load(JSON.parse(JSON.stringify(hour.save())));
          slot += slots;
          const isIn = slot > newest - 12;
          expect(hour.add(slot * SLOT_MS + 17, series, amount)).toBe(isIn);
          if (!isIn) return;
          newest = Math.max(newest, slot);
          taken.push({ slot, series, amount });
          for (let one = 0; one < 10; one++) {
            const inHour = taken.filter((t) => t.slot > newest - 12 && t.series === one);
            expect(hour.sum(one)).toBe(inHour.reduce((sum, t) => sum + t.amount, 0));
          }
          expect(hour.from).toBe((newest - 11) * SLOT_MS);
        });
      }),
    );
  });

  it("goes on with what the release before saved", () => {
    const slot = START / SLOT_MS;
    const rows = [
      [slot - 3, [2, 0, 0.5]],
      [slot - 1, [1, 1, 0]],
    ];
    const hour = SlidingHour.load({ slot, sums: [3, 1, 0.5], rows });
    expect([0, 1, 2, 3].map((series) => hour.sum(series))).toEqual([3, 1, 0.5, 0]);
    expect(hour.ranking()).toEqual([0, 1, 2]);
    hour.add((slot + 9) * SLOT_MS, 0, 4);
    expect([0, 1, 2].map((series) => hour.sum(series))).toEqual([5, 1, 0]);
  });
});
