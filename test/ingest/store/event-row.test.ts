import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventRow, wellFormed } from "../../../ingest/store/event-row.ts";
import { bytesOf } from "../../../ingest/store/insert.ts";
import { INSTANT_RANGE, MAX_COUNT } from "../../../schemas/clickhouse/tables.ts";
import type { EventRecord } from "../../../schemas/journal.ts";
import { event } from "./fixtures.ts";

const POSITION = { topic: "agent-journal", partition: 3, offset: 1207 };
const textOf = (one: EventRecord) => bytesOf([eventRow(one, Buffer.from(JSON.stringify(one)), POSITION)]).toString();
const rowOf = (one: EventRecord) => JSON.parse(textOf(one)) as Record<string, unknown>;

describe("a row of events", () => {
  it("is the record with its position", () => {
    const one = event({ id: "a", failed: true, duration_ms: 12.5 });
    expect(rowOf(one)).toEqual({ ...one, ...POSITION });
  });

  it("is a line of its own, whether it is the record's bytes or written anew", () => {
    const events = [event({ id: "a" }), event({ id: "b", timestamp: -5 }), event({ id: "ü" })];
    const rows = events.map((one, offset) => eventRow(one, Buffer.from(JSON.stringify(one)), { ...POSITION, offset }));
    const lines = bytesOf(rows).toString().split("\n");
    expect(lines.pop()).toBe("");
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { id: "a", offset: 0 },
      { id: "b", offset: 1, timestamp: INSTANT_RANGE.min },
      { id: "ü", offset: 2 },
    ]);
  });

  it("keeps every value within what its column holds, and the agent's words in raw", () => {
    const one = event({
      ...{ id: "a", timestamp: -5, judged_at: 9e15, arrived_at: 1.5, input_tokens: 1e18, bytes_out: -1 },
      ...{ memory_bytes: 2.5, response_code: 1e12, permission_level: 300, cost: "9".repeat(27) },
    });
    expect(rowOf(one)).toMatchObject({
      ...{ timestamp: INSTANT_RANGE.min, judged_at: INSTANT_RANGE.max, arrived_at: 1, input_tokens: MAX_COUNT },
      ...{ bytes_out: 0, memory_bytes: 2, response_code: 2 ** 31 - 1, permission_level: 255, cost: null },
      raw: one.raw,
    });
  });

  it("is well-formed Unicode, whatever the agent calls its tools", () => {
    expect(rowOf(event({ id: "\ud800", tool: "a\udc00b", agent: "😀" }))).toMatchObject({
      id: "�",
      tool: "a�b",
      agent: "😀",
    });
  });

  it("leaves text with escapes that only look like surrogates as it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const json = JSON.stringify({ text: `\\ud800${text}` });
        expect(JSON.parse(wellFormed(json))).toEqual(JSON.parse(json));
      }),
    );
  });
});
