import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RequestKinds } from "../../../detectors/evidence/request-kinds.ts";
import { requestText, sketchOf } from "../../../detectors/evidence/request-text.ts";
import { event } from "../events.ts";

const PAY = sketchOf("Please pay the invoice of Anna Berg from 3 March, it is 120.50 EUR");

describe("the request of a run", () => {
  it("is its trigger, and what its first event says of it", () => {
    const raw = JSON.stringify({
      decision: "start",
      reasoning: "pay the invoice",
      details: { prompt: "of Anna", n: 1 },
    });
    expect(requestText(event(0, { trigger: "user", raw }))).toBe("user start pay the invoice of Anna");
    expect(requestText(event(0, { trigger: "schedule:daily", raw: "{}" }))).toContain("schedule:daily");
    expect(requestText(event(0, { raw: '{"prompt": broken' }))).toBe("");
  });

  it("is of the same kind with another name, amount or address", () => {
    const kinds = new RequestKinds();
    const name = kinds.begin(PAY);
    const again = "Please pay the invoice of Carl Dorn from 9 May (carl@dorn.test), it is 7 EUR";
    expect(kinds.begin(sketchOf(again))).toBe(name);
    expect(kinds.runsOf(name)).toBe(2);
    expect(kinds.begin(sketchOf("What is on my calendar today?"))).not.toBe(name);
    expect(kinds.begin(sketchOf("42"))).toBe(0);
  });

  it("is read in time that grows with the text only", () => {
    expect(sketchOf("a".repeat(4000))).toHaveLength(1);
    expect(requestText(event(0, { trigger: "b".repeat(1e6), raw: "{}" }))).toHaveLength(4000);
  });

  it("is forgotten when 32 others came since, however many words there are", () => {
    const kinds = new RequestKinds();
    const name = kinds.begin(PAY);
    for (let n = 0; n < 40; n++)
      kinds.begin(sketchOf(`${"abcdefghij".repeat(2).slice(n % 10, 8 + (n % 10))}${"xyz".repeat(1 + n)}`));
    expect(kinds.runsOf(name)).toBe(0);
    expect(kinds.begin(PAY)).toBe(name);
    expect(kinds.runsOf(name)).toBe(1);
  });

  it("is kept, where it came again and again, whatever came once since", () => {
    const kinds = new RequestKinds();
    const name = kinds.begin(PAY);
    for (let n = 0; n < 9; n++) kinds.begin(PAY);
    for (let n = 0; n < 80; n++)
      kinds.begin(sketchOf(`${"xyzuvw".slice(n % 6)} ${"q".repeat(3 + (n % 30))} ${"abc".repeat(1 + (n % 12))}`));
    expect(kinds.runsOf(name)).toBe(10);
  });

  it("keeps its kind through save and load", () => {
    fc.assert(
      fc.property(fc.array(fc.lorem({ maxCount: 12 }), { minLength: 1, maxLength: 40 }), (texts) => {
        const kinds = new RequestKinds();
        for (const text of texts) kinds.begin(sketchOf(text));
        const again = new RequestKinds(kinds.save());
        const last = sketchOf(texts.at(-1) ?? "");
        expect(again.begin(last)).toBe(kinds.begin(last));
        expect(again.save()).toBe(kinds.save());
      }),
      { numRuns: 50 },
    );
  });
});
