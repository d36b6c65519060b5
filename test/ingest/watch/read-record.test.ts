import { describe, expect, it } from "vitest";
import { readHead, readPast, readRecord } from "../../../ingest/watch/read-record.ts";
import { event } from "../store/fixtures.ts";

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

describe("a journal record", () => {
  it("is read by its type, and nothing else is a record", () => {
    expect(readRecord('{"type":"tick","at":1}')).toEqual({ type: "tick", at: 1 });
    for (const text of ["", "null", "[]", "1", '{"type":1}', '{"type":"tick"'])
      expect(readRecord(text)).toBeUndefined();
  });

  it("is read without its line, whatever its other texts hold", () => {
    const whole = event({ id: ',"raw":"', tool: '\\","raw":"', raw: '{"agent":"a","raw":"b"}' });
    const { raw: _raw, ...head } = whole;
    expect(readHead(bytes(whole))).toEqual(head);
    expect(readHead(bytes({ type: "tick", at: 1 }))).toEqual({ type: "tick", at: 1 });
    expect(readHead(Buffer.from('{"type":"event"'))).toBeUndefined();
  });

  it("of the past is an event that can repeat, and nothing else", () => {
    const { raw: _raw, ...head } = event({ id: "a" });
    expect(readPast(bytes(event({ id: "a" })))).toEqual(head);
    expect(readPast(bytes(event({ id: "a", id_source: "arrival" })))).toBeUndefined();
    expect(readPast(bytes({ type: "tick", at: 1 }))).toBeUndefined();
    expect(readPast(Buffer.from("not json"))).toBeUndefined();
  });
});
