import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Row, rowsFromCompact } from "../../dashboards/ask.ts";
import { type ResultFormat, writeResult } from "../../dashboards/result-table.ts";
import { collector } from "./demo-store.ts";

async function* stream<T>(items: readonly T[]): AsyncIterable<T> {
  yield* items;
}

async function written(rows: readonly Row[], format: ResultFormat, columns?: number) {
  const out = { ...collector(), columns };
  const count = await writeResult(stream(rows), format, out);
  return { count, text: out.text() };
}

describe("rows of an answer", () => {
  it("keep what a double cannot hold as text", async () => {
    const lines = [
      ["n", "big", "cost", "none", "text"],
      ["UInt64", "UInt64", "Decimal(38, 12)", "Nullable(Int64)", "String"],
      ["42", "18446744073709551615", "0.1", null, "7"],
    ];
    const rows: Row[] = [];
    for await (const row of rowsFromCompact(stream(lines))) rows.push(row);
    expect({ ...rows[0] }).toEqual({ n: 42, big: "18446744073709551615", cost: "0.1", none: null, text: "7" });
  });
});

describe("an answer as JSON", () => {
  it("is one object a line, and stays JSON whatever the text", async () => {
    const { text, count } = await written(
      [
        { a: 1, b: null },
        { a: "18446744073709551615", b: "x\n\u001b[2J\u202e\u009b" },
      ],
      "json",
    );
    expect(count).toBe(2);
    expect(text.split("\n")[0]).toBe('{"a":1,"b":null}');
    expect(text).not.toMatch(/[^\P{C}\n]/u);
    expect(JSON.parse(text.split("\n")[1] ?? "")).toEqual({ a: "18446744073709551615", b: "x\n\u001b[2J\u202e\u009b" });
  });

  it("gives back any text", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), async (value) => {
        const { text } = await written([{ value }], "json");
        expect(JSON.parse(text)).toEqual({ value });
      }),
    );
  });
});

describe("an answer as CSV", () => {
  it("quotes what RFC 4180 wants quoted, tells NULL from empty text, and ends lines with CRLF", async () => {
    const { text } = await written(
      [
        { a: 'say "hi"', "b,c": null },
        { a: "", "b,c": [1, "x"] },
      ],
      "csv",
    );
    expect(text).toBe('a,"b,c"\r\n"say ""hi""",\r\n"","[1,""x""]"\r\n');
  });

  it("makes visible what a terminal would obey", async () => {
    expect((await written([{ a: "\u001b[2J" }], "csv")).text).toBe("a\r\n\\u001b[2J\r\n");
  });

  it("writes nothing for no rows", async () => {
    expect(await written([], "csv")).toEqual({ count: 0, text: "" });
  });
});

describe("an answer as a table", () => {
  it("shows names, numbers to the right, NULL as NULL", async () => {
    const { text } = await written(
      [
        { tool: "web_search", calls: 12, p95: null },
        { tool: "b", calls: 5, p95: 1.5 },
      ],
      "table",
    );
    expect(text).toMatch(/tool +│ calls │ +p95/);
    expect(text).toMatch(/b +│ +5 │ +1\.5/);
    expect(text).toContain("NULL");
  });

  it("cuts long cells on a terminal alone, and strips what one obeys", async () => {
    const rows = [{ a: `\u001b[31m${"x".repeat(200)}` }];
    expect((await written(rows, "table")).text).toContain("x".repeat(200));
    const { text } = await written(rows, "table", 80);
    expect(text).toContain(`${"x".repeat(59)}…`);
    expect(text).not.toMatch(/[^\P{C}\n]/u);
  });

  it("says when there is nothing", async () => {
    expect((await written([], "table")).text).toBe("No rows.\n");
  });
});
