import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { amount, count, dollars, percent, span } from "../../dashboards/format.ts";
import { columnsOf, cut, pad, plain } from "../../dashboards/plain-text.ts";
import { wrapParts } from "../../dashboards/review/wrap.ts";

describe("text of agents", () => {
  it.each([
    ["\u001b[31mred\u001b[0m", "red"],
    ["\u001b]0;title\u0007x", "x"],
    ["a\u202Eb\u2066c\u200Bd", "abcd"],
    ["one\r\ntwo\tthree", "one two three"],
    ["\u009b2Jx", "x"],
    ["naïve 日本 🚢", "naïve 日本 🚢"],
  ])("%j is shown as %j", (text, shown) => {
    expect(plain(text)).toBe(shown);
  });

  it("never carries a control, a direction mark or a lone surrogate", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => !/[\p{Cc}\p{Cf}\p{Cs}]/u.test(plain(text))));
  });

  it("is cut and filled to columns, wide letters counting two", () => {
    expect(cut("abcdef", 4)).toBe("abc…");
    expect(pad("日本", 6)).toBe("日本  ");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 40 }), (text, columns) => {
        expect(columnsOf(pad(plain(text), columns))).toBe(columns);
      }),
    );
  });

  it("is laid out in parts that do not pass the width", () => {
    expect(wrapParts("Tools  ", ["aaaa", "bbbb", "cccc"], 18)).toEqual(["Tools  aaaa · bbbb", "       cccc"]);
    expect(wrapParts("", ["x".repeat(30)], 10)[0]).toHaveLength(10);
  });
});

describe("numbers for people", () => {
  it.each([
    ["0", "$0"],
    ["0.001", "$0.0010"],
    ["0.000004", "$0.000004"],
    ["0.5", "$0.50"],
    ["1234.5", "$1,234.50"],
    ["-2.5", "-$2.50"],
    ["0.996", "$1.00"],
    ["123456789012345678.125", "$123,456,789,012,345,678.13"],
  ])("%s dollars are %s", (value, text) => {
    expect(dollars(value)).toBe(text);
  });

  it("have units, and no decimals that nobody needs", () => {
    expect([count(12_345), percent(0.04), percent(0.66), percent(88)]).toEqual([
      "12,345",
      "under 0.1 %",
      "0.7 %",
      "88 %",
    ]);
    expect([span(45_000), span(720_000), span(12_000_000), span(187_200_000)]).toEqual([
      "45 s",
      "12 min",
      "3 h 20 min",
      "2 d 4 h",
    ]);
    expect([amount(7.02, "usd"), amount(38, "calls"), amount(0.4444, "calls")]).toEqual([
      "$7.02",
      "38 calls",
      "0.4 calls",
    ]);
  });
});
