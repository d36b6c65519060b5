import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFrame, encodeFrames, FRAME_BYTES, frameHead } from "../../../ingest/log/frame.ts";
import { TOPICS } from "../../../schemas/topics.ts";

const text = fc.string({ unit: "binary", maxLength: 40 }).map((s) => s.toWellFormed());

describe("frames", () => {
  it("give back every record with its offset and time, whatever is in keys and values", () => {
    const records = fc.array(
      fc.record({ key: text, value: fc.tuple(text, fc.integer({ min: 1, max: 3000 })).map(([s, n]) => s.repeat(n)) }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(records, fc.nat(), (given, base) => {
        const frames = [...encodeFrames(given, base, 1234.5)];
        const read = frames.flatMap((frame) => decodeFrame(TOPICS.journal, 3, frame));
        expect(read.map(({ key, value }) => ({ key, value: value.toString() }))).toEqual(given);
        expect(read.map(({ offset }) => offset)).toEqual(given.map((_, i) => base + i));
        expect(read.every((r) => r.timestamp === 1234.5 && r.partition === 3 && r.topic === TOPICS.journal)).toBe(true);
        for (const { bytes } of frames) {
          expect(bytes.length <= FRAME_BYTES || frameHead(bytes).count === 1).toBe(true);
        }
      }),
    );
  });

  it("are no more than the bytes need", () => {
    const thousand = Array.from({ length: 1000 }, () => ({ key: "agent", value: "x".repeat(800) }));
    expect([...encodeFrames(thousand, 0, 0)]).toHaveLength(Math.ceil((1000 * 813) / FRAME_BYTES));
    expect([...encodeFrames([], 0, 0)]).toEqual([]);
  });
});
