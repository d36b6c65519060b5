import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { spread } from "../../../../ingest/log/kafka/assigner.ts";

const names = (members: number): string[] => Array.from({ length: members }, (_, n) => `member-${n}`);

describe("the spread of partitions over members", () => {
  it("gives each partition to one member, shares at most one apart, whatever they claim", () => {
    const claims = fc.array(fc.array(fc.nat(40), { maxLength: 40 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(claims, fc.integer({ min: 1, max: 40 }), (owned, count) => {
        const shares = spread(
          owned.map((partitions, n) => ({ member: `member-${n}`, owned: partitions })),
          count,
        );
        const sizes = [...shares.values()].map((share) => share.length);
        expect([...shares.values()].flat().sort((a, b) => a - b)).toEqual([...Array(count).keys()]);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("moves nothing while the members stay, and a fair share at most when one comes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 40 }), (members, count) => {
        const first = spread(
          names(members).map((member) => ({ member, owned: [] })),
          count,
        );
        const claims = [...first].map(([member, owned]) => ({ member, owned }));
        expect(spread(claims, count)).toEqual(first);
        const grown = spread([...claims, { member: "new", owned: [] }], count);
        const moved = [...first].flatMap(([member, share]) => share.filter((p) => !grown.get(member)?.includes(p)));
        expect(moved.length).toBeLessThanOrEqual(Math.ceil(count / (members + 1)));
      }),
    );
  });
});
