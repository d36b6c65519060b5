import { describe, expect, it } from "vitest";
import {
  halvesOf,
  type Part,
  partsOf,
  pendingRange,
  type Range,
  rangePut,
  tokenOf,
} from "../../../ingest/store/range.ts";
import { TOPICS } from "../../../schemas/topics.ts";

const part: Part = { table: "events", from: 1000, to: 1999 };

describe("a stated range", () => {
  it("has a token that names its topic, partition, offsets and table", () => {
    expect(tokenOf(TOPICS.journal, 2, part)).toBe("agent-journal/2/1000-1999/events");
  });

  it("is halved by rows, without a gap and without an overlap", () => {
    expect(halvesOf(part, [1000, 1001, 1998, 1999])).toEqual([
      { table: "events", from: 1000, to: 1997 },
      { table: "events", from: 1998, to: 1999 },
    ]);
  });

  it("has one part for each table with rows", () => {
    expect(partsOf(1, 2, new Set(["controls", "events"]))).toEqual([
      { table: "events", from: 1, to: 2 },
      { table: "controls", from: 1, to: 2 },
    ]);
  });

  it("is pending until its last offset is committed", () => {
    const range: Range = { from: 1000, to: 1999, skip: [1003], parts: [part] };
    const { key, value } = rangePut(TOPICS.journal, range);
    const state = [["range:agent-findings", Buffer.from("{}")] as const, [key, Buffer.from(value ?? "")] as const];
    expect(pendingRange(TOPICS.journal, 1000, state)).toMatchObject(range);
    expect(pendingRange(TOPICS.journal, 1999, state)).toMatchObject(range);
    expect(pendingRange(TOPICS.journal, 2000, state)).toBeUndefined();
  });

  it("of a later version is not touched", () => {
    const state = [["range:agent-journal", Buffer.from('{"version":2,"to":5}')] as const];
    expect(() => pendingRange(TOPICS.journal, 0, state)).toThrow("later version");
  });
});
