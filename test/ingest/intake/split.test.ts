import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitArray, splitLines } from "../../../ingest/intake/split.ts";

function lines(body: Buffer): [number, string][] {
  return Array.from(splitLines(body), ({ line, bytes }) => [line, bytes.toString()]);
}
function elements(text: string): [number, string][] {
  return Array.from(splitArray(Buffer.from(text)), ({ line, bytes }) => [line, bytes.toString()]);
}

describe("lines of a body", () => {
  it("end with \\n, \\r\\n or the end, and blank ones keep the count", () => {
    expect(lines(Buffer.from('{"a":1}\r\n\n  \n{"b":2}'))).toEqual([
      [1, '{"a":1}'],
      [2, ""],
      [3, "  "],
      [4, '{"b":2}'],
    ]);
  });

  it("are none in an empty body", () => {
    expect(lines(Buffer.alloc(0))).toEqual([]);
  });

  it("lose a byte order mark at the very start only", () => {
    expect(lines(Buffer.from("\ufeff1\n\ufeff2"))).toEqual([
      [1, "1"],
      [2, "\ufeff2"],
    ]);
  });

  it("are what was joined, whatever the bytes", () => {
    const bytes = fc.uint8Array({ maxLength: 40 }).map((b) => Buffer.from(b.filter((x) => x !== 10 && x !== 13)));
    fc.assert(
      fc.property(fc.array(bytes, { minLength: 1 }), (parts) => {
        const body = Buffer.concat([Buffer.from("\n"), ...parts.flatMap((part) => [part, Buffer.from("\n")])]);
        const split = Array.from(splitLines(body), (one) => one.bytes);
        expect(split.slice(1).map((b) => b.toString("hex"))).toEqual(parts.map((b) => b.toString("hex")));
      }),
    );
  });
});

describe("elements of an array", () => {
  it("keep their own text", () => {
    expect(elements(' [ {"a": 1.0 , "b":"],}"} ,\n[1,[2]], "x\\"," , nonsense ] \n')).toEqual([
      [1, '{"a": 1.0 , "b":"],}"}'],
      [2, "[1,[2]]"],
      [3, '"x\\","'],
      [4, "nonsense"],
    ]);
  });

  it("are none in an empty array", () => {
    expect(elements(" [ ] ")).toEqual([]);
  });

  it.each(["", "{}", "[", '[{"a":1}', "[1,]", "[,1]", "[1,,2]", "[1}", "[1] 2", '["open]', "[1]]"])(
    "of %j are refused as a whole",
    (text) => {
      expect(() => elements(text)).toThrow(expect.objectContaining({ code: "invalid_json_array" }));
    },
  );

  it("come one by one, so that a large array is cut while it is judged", () => {
    const parts = splitArray(Buffer.from('[1,"never ends'));
    expect(parts.next().value?.bytes.toString()).toBe("1");
    expect(() => parts.next()).toThrow(expect.objectContaining({ code: "invalid_json_array" }));
  });

  it("are the texts of any values that were put in, with any white space between", () => {
    const space = fc.stringMatching(/^[ \n\r\t]{0,3}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(space, fc.json(), space), { minLength: 1 }), (parts) => {
        const text = `[${parts.map(([before, json, after]) => before + json + after).join(",")}]`;
        expect(elements(text)).toEqual(parts.map(([, json], i) => [i + 1, json.trim()]));
      }),
    );
  });
});
