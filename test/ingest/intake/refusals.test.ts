import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { REFUSAL_CODES } from "../../../ingest/intake/verdict.ts";
import { accepted, action, actionText, intakeWith, judge, refused, sourceAt } from "./harness.ts";

function nested(levels: number): string {
  return actionText(`"x":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}`);
}

describe("a line that is refused", () => {
  it.each([
    ["{", "not_json"],
    ["nonsense", "not_json"],
    ['{"agent":"a",}', "not_json"],
    [actionText('"x":"a\tb"'), "not_json"],
    [actionText("\u0000"), "nul_byte"],
    [actionText('"x":"a\u0000b"'), "nul_byte"],
    ["[]", "not_an_object"],
    ["null", "not_an_object"],
    ['"text"', "not_an_object"],
    ["42", "not_an_object"],
    ["{}", "missing_agent"],
    [actionText('"x":1,"x":2'), "duplicate_key"],
    [actionText('"x":{"y":[{"z":1,"\\u007a":2}]}'), "duplicate_key"],
    [actionText('"agent":"other"'), "duplicate_key"],
    [actionText('"__proto__":1,"__proto__":2'), "duplicate_key"],
    [actionText('"x":1e400'), "number_out_of_range"],
    [actionText('"x":{"y":[1,-1e999]}'), "number_out_of_range"],
    [nested(65), "too_deep"],
    ["[".repeat(60_000), "too_deep"],
    ['{"a":'.repeat(10_000), "too_deep"],
    [actionText(`"x":"${"a".repeat(65_536)}"`), "too_long"],
    [JSON.stringify(action({ agent: "" })), "missing_agent"],
    [JSON.stringify(action({ agent: "  " })), "missing_agent"],
    [JSON.stringify(action({ agent: null })), "missing_agent"],
    [JSON.stringify(action({ agent: 42 })), "wrong_type"],
    [JSON.stringify(action({ agent: "x".repeat(257) })), "invalid_agent"],
    [JSON.stringify(action({ agent: "a\u001b[31m" })), "invalid_agent"],
    [JSON.stringify(action({ agent: "a\u0000b" })), "invalid_agent"],
    [JSON.stringify(action({ agent: "a\u202eb" })), "invalid_agent"],
    [JSON.stringify(action({ agent: "a\ud800" })), "invalid_agent"],
    [JSON.stringify(action({ timestamp: undefined })), "missing_timestamp"],
    [JSON.stringify(action({ timestamp: true })), "invalid_timestamp"],
    [JSON.stringify(action({ action: undefined })), "no_kind"],
    [JSON.stringify(action({ action: null })), "no_kind"],
    [JSON.stringify(action({ action: undefined, kind: "action" })), "no_kind"],
    [JSON.stringify(action({ api: "b" })), "ambiguous_kind"],
    [JSON.stringify(action({ decision: "b" })), "ambiguous_kind"],
    [JSON.stringify(action({ kind: "api_call" })), "kind_mismatch"],
    [JSON.stringify(action({ kind: "metric" })), "wrong_type"],
    [JSON.stringify(action({ kind: 3 })), "wrong_type"],
    [JSON.stringify(action({ action: 5 })), "wrong_type"],
    [JSON.stringify(action({ action: "" })), "wrong_type"],
    [JSON.stringify(action({ success: "yes" })), "wrong_type"],
    [JSON.stringify(action({ id: 1.5 })), "wrong_type"],
  ])("%.60j is %s", (line, code) => {
    const letter = refused(line);
    expect(letter.code).toBe(code);
    expect(REFUSAL_CODES).toContain(letter.code);
    expect(letter.size).toBe(Buffer.byteLength(line));
    expect(letter.reason).not.toBe("");
  });

  it("names the field, what it should be and what was found", () => {
    expect(refused(action({ input_tokens: "many", success: 1 })).reason).toBe(
      '"input_tokens" must be a whole number of 0 or more; found "many". "success" must be true or false; found 1',
    );
    expect(refused(actionText('"x":{"y":[1,-1e999]}')).reason).toContain('"x.y.1"');
    expect(refused(actionText('"x":{"y":1,"y":2}')).reason).toContain('"y"');
    expect(refused(actionText('"x":1 2}')).reason).toBe("the line is not JSON near character 93");
    expect(refused('{"agent":"a').reason).toBe("the line is not JSON: it ends too early");
  });

  it("is kept with where it came from", () => {
    const verdict = intakeWith().line(Buffer.from("oops"), 7, sourceAt(5));
    expect(verdict).toEqual({
      kind: "refused",
      redacted: {},
      letter: {
        id: expect.stringMatching(/^batch:7~[0-9a-f]{16}$/),
        arrived_at: 5,
        source: "http",
        line: 7,
        code: "not_json",
        reason: "the line is not JSON",
        bytes: "oops",
        encoding: "utf8",
        size: 4,
      },
    });
  });

  it("is kept as base64 where it is not UTF-8", () => {
    const bytes = Buffer.concat([Buffer.from('{"agent":"a'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
    const letter = refused(bytes);
    expect(letter).toMatchObject({ code: "invalid_utf8", encoding: "base64" });
    expect(Buffer.from(letter.bytes, "base64")).toEqual(bytes);
  });

  it("is kept to the first 64 KiB, never cut inside a character", () => {
    const letter = refused(`x${"é".repeat(5_000_000)}`);
    expect(letter).toMatchObject({ code: "too_long", size: 10_000_001, encoding: "utf8" });
    expect(letter.bytes).toBe(`x${"é".repeat(32_767)}`);
    const other = refused(Buffer.alloc(100_000, 0xff));
    expect(other.encoding).toBe("base64");
    expect(Buffer.from(other.bytes, "base64").length).toBe(65_536);
  });
});

describe("a line that looks odd but is fine", () => {
  it("is blank without anything but white space", () => {
    for (const blank of ["", " ", "\t \r"]) expect(judge(blank)).toEqual({ kind: "blank" });
  });

  it("may nest 64 levels and fill the limit to the byte", () => {
    expect(accepted(nested(64)).raw).toBe(nested(64));
    const line = actionText('"x":"');
    const full = actionText(`"x":"${"a".repeat(65_536 - line.length - 1)}"`);
    expect(Buffer.byteLength(full)).toBe(65_536);
    expect(accepted(full).raw).toBe(full);
  });

  it.each([
    '"__proto__":{"admin":true},"constructor":1,"toString":{"__proto__":{"x":1}}',
    '"n":12345678901234567890123,"m":-9007199254740993,"f":0.10000000000000000555',
    '"x":"a\\u0000b \\ud800 : , } { [ ]"',
    '"x":"\\\\","y":"\\"","":1,"z":{"":2}',
    '  "spaced" : [ 1 , { "a" : 2 } ]  ',
    '"input_tokens":12345678901234567890',
    '"x":"日本語 🚀"',
  ])("keeps %s as its own text", (members) => {
    expect(accepted(actionText(members)).raw).toBe(actionText(members));
    expect(({} as Record<string, unknown>).admin).toBeUndefined();
  });

  it("says with kind which of several fields defines it", () => {
    expect(accepted(action({ api: "b", kind: "api_call" }))).toMatchObject({ kind: "api_call", tool: "b" });
    expect(accepted(action({ api: null, decision: null, kind: null }))).toMatchObject({ kind: "action" });
  });
});

describe("intake", () => {
  it("never throws, and refuses every object without the needed fields", () => {
    fc.assert(
      fc.property(fc.object({ maxDepth: 4 }), (value) => {
        expect(judge(JSON.stringify(value)).kind).toBe("refused");
      }),
    );
  });

  it("never throws, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(["refused", "blank"]).toContain(judge(Buffer.from(bytes)).kind);
      }),
    );
  });

  it("never throws, whatever a byte of a good line is changed to", () => {
    const line = Buffer.from(JSON.stringify(action({ details: { a: [1, "\\u0041", { b: null }] }, cost: "$0.001" })));
    fc.assert(
      fc.property(fc.nat(line.length - 1), fc.nat(255), (at, byte) => {
        const changed = Buffer.from(line);
        changed[at] = byte;
        expect(["refused", "event"]).toContain(judge(changed).kind);
      }),
    );
  });

  it("takes any unknown fields of any shape, and keeps the text", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (json) => {
        const line = actionText(`"unknown":${json}`);
        const depth = json.split(/[[{]/).length;
        fc.pre(depth < 60 && !line.includes("\\u00") && !/[:/]/.test(json.replace(/":/g, "")));
        expect(accepted(line).raw).toBe(line);
      }),
    );
  });
});
