import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KnownThings, keyOf } from "../../../detectors/evidence/known-things.ts";

function seeOn(things: KnownThings, key: number, days: readonly number[]): void {
  for (const day of days) things.see(key, day, things.find(key));
}

describe("what an agent is used to", () => {
  it("is known after three different days, and rare again after a long time", () => {
    const things = new KnownThings(8);
    seeOn(things, 7, [100, 100, 100, 101]);
    expect(things.isKnown(things.find(7), 101)).toBe(false);
    seeOn(things, 7, [103]);
    expect(things.isKnown(things.find(7), 103)).toBe(true);
    expect(things.isKnown(things.find(7), 103 + 46)).toBe(false);
  });

  it("begins anew after a page, until it went on for seven days", () => {
    const things = new KnownThings(8);
    for (const day of [1, 2, 3, 4, 5, 6]) {
      seeOn(things, 7, [day]);
      things.distrust(7);
      expect(things.isKnown(things.find(7), day)).toBe(false);
    }
    seeOn(things, 7, [7]);
    expect(things.isKnown(things.find(7), 7)).toBe(true);
  });

  it("is not pushed out by a flood of new things", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1e6), { minLength: 1, maxLength: 300 }), (flood) => {
        const things = new KnownThings(16);
        const own = keyOf("own");
        seeOn(things, own, [1, 2, 3]);
        for (const other of flood) seeOn(things, keyOf(`x${other}`), [3]);
        return things.isKnown(things.find(own), 3);
      }),
    );
  });

  it("is the same after save and load", () => {
    const things = new KnownThings(16);
    for (let n = 1; n < 40; n++) seeOn(things, n, [n, n + 1, n + 2]);
    const again = new KnownThings(16, JSON.parse(JSON.stringify(things.save())));
    expect(again.save()).toEqual(things.save());
  });
});
