import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLineBuffer } from "../../../ingest/recorder/buffer.ts";

describe("the recorder's buffer", () => {
  it("behaves as a list that loses its oldest lines at the bound", () => {
    const step = fc.oneof(
      fc.record({ push: fc.string({ maxLength: 40 }) }),
      fc.record({ peek: fc.integer({ min: 1, max: 5 }), takeAfter: fc.nat(3) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const buffer = createLineBuffer(500);
        let model: { line: string; n: number }[] = [];
        let pushed = 0;
        const bytes = () => model.reduce((sum, { line }) => sum + Buffer.byteLength(line) + 32, 0);
        for (const action of steps) {
          if ("push" in action) {
            model.push({ line: action.push, n: pushed });
            pushed += 1;
            let dropped = 0;
            while (bytes() > 500) {
              model.shift();
              dropped += 1;
            }
            expect(buffer.push(action.push)).toBe(dropped);
          } else if (model.length > 0) {
            const { lines, through } = buffer.peek(action.peek);
            expect(lines).toEqual(model.slice(0, action.peek).map(({ line }) => line));
            const kept = model.filter(({ n }) => n > through - action.takeAfter);
            expect(buffer.remove(through - action.takeAfter)).toBe(model.length - kept.length);
            model = kept;
          }
          expect(buffer.count).toBe(model.length);
        }
      }),
    );
  });
});
