import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCost } from "../../../ingest/intake/money.ts";
import { accepted, action, refused } from "./harness.ts";

describe("a reported cost", () => {
  it.each([
    ["$0.001", "0.001"],
    ["0.001", "0.001"],
    [0.001, "0.001"],
    [" $ 1.20 ", "1.2"],
    ["USD 1.20", "1.2"],
    ["1.20 usd", "1.2"],
    ["US$5", "5"],
    [".5", "0.5"],
    ["+0.5", "0.5"],
    ["$+1", "1"],
    ["007.50", "7.5"],
    [0, "0"],
    [-0, "0"],
    ["$0.00", "0"],
    [1e-7, "0.0000001"],
    ["1.5e-6", "0.0000015"],
    [1e11, "100000000000"],
    [0.1 + 0.2, "0.3"],
    ["0.1234567890125", "0.123456789012"],
    ["0.1234567890135", "0.123456789014"],
    ["0.12345678901251", "0.123456789013"],
    [{ amount: "$2", currency: "usd", source: "provider" }, "2"],
    [{ amount: 0.25 }, "0.25"],
  ])("%j is %s dollars", (cost, amount) => {
    expect(parseCost(cost)).toEqual({ kind: "usd", amount });
    expect(accepted(action({ cost }))).toMatchObject({ cost: amount, cost_source: "reported" });
  });

  it.each([
    ["€0.50", "0.5", "EUR"],
    ["3 GBP", "3", "GBP"],
    [{ amount: 10, currency: "jpy" }, "10", "JPY"],
    [{ amount: "£1", currency: "GBP" }, "1", "GBP"],
  ])("%j is kept apart, and unpriced where it should have a price", (cost, amount, currency) => {
    const event = accepted(action({ cost, model: "m", input_tokens: 5 }));
    expect(event).toMatchObject({ cost_original: amount, currency, unpriced: true });
    expect(event).not.toHaveProperty("cost");
  });

  it.each([
    "free",
    "",
    "$",
    "NaN",
    "Infinity",
    "1,5",
    "1,234.56",
    "0x10",
    "1 2",
    "$1 EUR",
    "1e999",
    -0.01,
    "-$1",
    "$-1",
    1e12,
    true,
    [1],
    { amount: "lots" },
    { amount: 1, currency: "the usual money" },
    { amount: "$1", currency: "EUR" },
    { amount: true },
  ])("%j is refused", (cost) => {
    expect(refused(action({ cost }))).toMatchObject({ code: "wrong_type", reason: expect.stringMatching(/^"cost/) });
  });

  it.each([null, {}, { amount: null, currency: "usd" }])("%j is unknown, not zero", (cost) => {
    const event = accepted(action({ cost }));
    expect(event).not.toHaveProperty("cost");
    expect(event).not.toHaveProperty("unpriced");
  });

  it("keeps every amount of up to twelve decimals exactly", () => {
    fc.assert(
      fc.property(fc.nat(999_999_999), fc.nat(999_999_999_999), (whole, fraction) => {
        const decimals = String(fraction).padStart(12, "0").replace(/0+$/, "");
        const amount = decimals === "" ? String(whole) : `${whole}.${decimals}`;
        expect(parseCost(`$${amount}`)).toEqual({ kind: "usd", amount });
      }),
    );
  });
});

describe("an event without a cost", () => {
  it("is unpriced when it is an API call, or has a model or tokens", () => {
    const call = { timestamp: "2026-01-27T14:32:15Z", agent: "a", api: "b" };
    expect(accepted(call)).toMatchObject({ unpriced: true });
    expect(accepted(action({ model: "m" }))).toMatchObject({ unpriced: true });
    expect(accepted(action({ output_tokens: 0 }))).toMatchObject({ unpriced: true });
    expect(accepted(action())).not.toHaveProperty("unpriced");
    expect(accepted({ ...call, cost: 0 })).not.toHaveProperty("unpriced");
  });
});
