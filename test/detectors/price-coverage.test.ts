import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { priceCoverage } from "../../detectors/price-coverage.ts";
import { LAST, newPricedCalls, takePriced, unpricedOf } from "../../detectors/pricing/priced-calls.ts";
import type { EventRecord } from "../../schemas/journal.ts";
import { detectorContract } from "../contract/detector-contract.ts";
import { configOf, event, type Harness, harness } from "./events.ts";

const AT = Date.UTC(2026, 0, 27, 13, 32);
const HOUR = 3_600_000;
const BUDGET = { defaults: { budgets: [{ amount: 10, unit: "usd", period: "day" }] } };

detectorContract(priceCoverage, { config: configOf({}), stateLimit: 12_000 });

const MODEL = { tool: "openai", kind: "api_call", model: "medium-2", input_tokens: 900 } as const;
const PRICED: Partial<EventRecord> = { ...MODEL, cost: "0.01" };
const UNPRICED: Partial<EventRecord> = { ...MODEL, unpriced: true };

/** So many events, two seconds apart; what is said of them. */
function feed({ take }: Harness, count: number, from: number, fields: Partial<EventRecord>) {
  return Array.from({ length: count }, (_, n) => take(event(from + n * 2000, fields))).flat();
}

describe("calls without a price", () => {
  it("are a page where a budget in dollars no longer sees what it did", () => {
    const watch = harness(BUDGET, [priceCoverage]);
    expect(feed(watch, 30, AT, PRICED)).toEqual([]);
    const found = feed(watch, 12, AT + HOUR, { ...UNPRICED, model: "preview-x" });
    expect(found).toMatchObject([
      {
        severity: "warning",
        reason: "price_lost",
        title: "makes calls without a price: its budget does not see them",
        facts: ["10 of the last 20 calls that cost money have none, at 14:32 UTC", "until now all had one"],
        why: 'model preview-x is in no entry of "prices", and its calls tell no cost',
        observed: 10,
      },
    ]);
  });

  it("are a note without such a budget, or where it was never better", () => {
    const lost = harness({}, [priceCoverage]);
    feed(lost, 30, AT, PRICED);
    const [first] = feed(lost, 12, AT + HOUR, UNPRICED);
    expect(first).toMatchObject({ severity: "info", why: "model medium-2 had a price until 2026-01-27 13:32 UTC" });
    const never = feed(harness(BUDGET, [priceCoverage]), 40, AT, UNPRICED);
    expect(never).toMatchObject([{ severity: "info", reason: "no_price" }, { severity: "info" }]);
  });

  it("are not those of an API that never cost anything; of one that did they are", () => {
    const api = { tool: "competitor_api", kind: "api_call" } as const;
    expect(feed(harness({}, [priceCoverage]), 90, AT, { ...api, unpriced: true })).toEqual([]);
    const watch = harness({}, [priceCoverage]);
    feed(watch, 30, AT, { ...api, cost: "0.001" });
    const [found] = feed(watch, 12, AT + HOUR, { ...api, unpriced: true });
    expect(found?.why).toBe("competitor_api had a price until 2026-01-27 13:32 UTC");
  });

  it("are nothing while they are few, and the share can be set", () => {
    const mixed = (watch: Harness) =>
      Array.from({ length: 200 }, (_, n) => watch.take(event(AT + n * 2000, n % 4 === 0 ? UNPRICED : PRICED))).flat();
    expect(mixed(harness({}, [priceCoverage]))).toEqual([]);
    const strict = { defaults: { detectors: { "price-coverage": { minShare: 0.2 } } } };
    expect(mixed(harness(strict, [priceCoverage])).length).toBeGreaterThan(0);
  });
});

it("counts as a list of the last twenty would", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 90 }), (priced) => {
      const calls = newPricedCalls();
      priced.forEach((isPriced, at) => {
        takePriced(calls, event(at, isPriced ? PRICED : UNPRICED), at);
      });
      expect(unpricedOf(calls)).toBe(priced.slice(-LAST).filter((isPriced) => !isPriced).length);
    }),
  );
});
