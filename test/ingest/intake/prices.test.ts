import { describe, expect, it } from "vitest";
import { createPricing } from "../../../ingest/intake/prices.ts";
import type { Price } from "../../../schemas/config.ts";
import { action, intakeWith, sourceAt } from "./harness.ts";

function price(model: string, input: number, more: Partial<Price> = {}): Price {
  return { model, input, output: 15, currency: "usd", ...more };
}
const use = { model: "claude-x", input: 1_000_000, output: 0, cached: 0, at: Date.parse("2026-01-27T14:32:15Z") };

describe("the price of tokens", () => {
  it("counts input, output and cached input per million", () => {
    const pricing = createPricing([price("claude-*", 3, { cached: 0.3 })]);
    expect(pricing({ ...use, input: 1500, output: 200, cached: 1000 })).toBe("0.0048");
    expect(pricing({ ...use, input: 1, output: 0 })).toBe("0.000003");
  });

  it("takes cached input for ordinary input where no cached price is set, and never more than the input", () => {
    expect(createPricing([price("*", 3)])({ ...use, input: 1000, cached: 400 })).toBe("0.003");
    expect(createPricing([price("*", 3, { cached: 1 })])({ ...use, input: 1000, cached: 5000 })).toBe("0.001");
  });

  it.each([
    ["claude-*", "claude-x", true],
    ["claude-*", "my-claude-x", false],
    ["*", "", true],
    ["*-mini", "gpt-mini", true],
    ["gpt-*-mini", "gpt-mini", false],
    ["a*b*c", "a-b-b-c", true],
    ["a*b*c", "a-c", false],
    ["claude.x", "claude-x", false],
    ["claude-x", "claude-x", true],
  ])("of %s holds for %j: %s", (pattern, model, holds) => {
    expect(createPricing([price(pattern, 1)])({ ...use, model }) !== undefined).toBe(holds);
  });

  it("is the first whose model matches", () => {
    expect(createPricing([price("claude-x", 1), price("*", 2)])(use)).toBe("1");
    expect(createPricing([price("*", 2), price("claude-x", 1)])(use)).toBe("2");
  });

  it("is of the time of the event, whatever the order of the list", () => {
    const prices = [
      price("claude-*", 1),
      price("claude-*", 3, { from: "2026-01-28" }),
      price("claude-*", 2, { from: "2026-01-01" }),
    ];
    const pricing = createPricing(prices);
    expect(pricing({ ...use, at: Date.parse("2025-12-31T23:59:59Z") })).toBe("1");
    expect(pricing({ ...use, at: Date.parse("2026-01-01T00:00:00Z") })).toBe("2");
    expect(pricing({ ...use, at: Date.parse("2026-01-28T00:00:00Z") })).toBe("3");
    expect(createPricing([price("*", 3, { from: "2026-02-01" })])(use)).toBeUndefined();
  });

  it("is computed only where nothing was reported", () => {
    const intake = intakeWith({ prices: [price("claude-*", 3)] });
    const judge = (fields: object) => intake.line(Buffer.from(JSON.stringify(action(fields))), 1, sourceAt());
    const tokens = { model: "claude-x", input_tokens: 1000, output_tokens: 100 };
    expect(judge(tokens)).toMatchObject({ event: { cost: "0.0045", cost_source: "computed" } });
    expect(judge({ ...tokens, cost: 1 })).toMatchObject({ event: { cost: "1", cost_source: "reported" } });
    expect(judge({ ...tokens, cost: "1 EUR" })).toMatchObject({ event: { unpriced: true } });
    expect(judge({ ...tokens, model: "other" })).toMatchObject({ event: { unpriced: true } });
    expect(judge({ model: "claude-x" })).toMatchObject({ event: { unpriced: true } });
  });
});
