import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createIncidentBook } from "../../alerting/incident-book.ts";
import { HOUR_MS } from "../../detectors/time/zones.ts";
import type { Finding } from "../../schemas/finding.ts";
import { event, harness } from "./events.ts";

const MIDNIGHT = Date.UTC(2026, 0, 27);
const at = (hours: number) => MIDNIGHT + hours * HOUR_MS;
const tiers = (more: object = {}) => ({ budgets: [{ tiers: [10, 50, 100], unit: "usd", period: "day", ...more }] });
const spend = (...amounts: readonly number[]) =>
  amounts.map((cost, index) => event(at(1 + index), { cost: cost.toFixed(2), tool: "openai" }));
const words = (findings: readonly Finding[]) => findings.map(({ step, severity, title }) => [step, severity, title]);

describe("fixed tiers of $10, $50 and $100 a day", () => {
  it("are each told once when they are passed, and are no limit", () => {
    const findings = harness({ defaults: tiers() }).takeAll(spend(9.99, 0.01, 30, 10, 0.5, 60, 500));
    expect(words(findings)).toEqual([
      [10, "warning", "passed $10.00 today"],
      [50, "warning", "passed $50.00 today"],
      [99, "warning", "passed $100.00 today"],
    ]);
    expect(findings[1]?.facts).toEqual(["$50.00 at 04:00 UTC", "at this pace $100.00 by 07:00"]);
    expect(findings.map(({ reason }) => reason)).toEqual(["tier_passed", "tier_passed", "tier_passed"]);
  });

  it("replace each other in one message, and speak only of the greatest when several are jumped over", () => {
    const book = createIncidentBook({ partition: 0 });
    const findings = harness({ defaults: tiers() }).takeAll(spend(12, 60));
    expect(words(findings).map(([, , title]) => title)).toEqual(["passed $10.00 today", "passed $50.00 today"]);
    const [first, second] = findings.map((finding) => book.apply(finding)[0]);
    expect(second).toMatchObject({ id: first?.id, revision: 2, title: "passed $50.00 today" });
    expect(second?.posts).toEqual(first?.posts);
  });

  it("stand beside a limit: the greater amount speaks, and what passes the limit says so", () => {
    const { takeAll } = harness({ defaults: tiers({ amount: 60 }) });
    expect(words(takeAll(spend(10, 35, 6, 5, 50)))).toEqual([
      [100 / 6, "warning", "passed $10.00 today"],
      [70, "warning", "used 70 % of today's budget"],
      [500 / 6, "warning", "passed $50.00 today"],
      [90, "warning", "used 90 % of today's budget"],
      [1000 / 6, "critical", "limit reached: passed $100.00 today"],
    ]);
  });

  it("count for a team, the fleet and credentials alike", () => {
    const written = harness({
      agents: { a: { team: "growth" } },
      teams: { growth: tiers() },
      fleet: tiers(),
      credentials: { "key-*": tiers() },
    });
    written.runner.caughtUp();
    written.take(event(at(1), { cost: "51", credential: "key-1" }));
    written.runner.fire(at(2));
    const said = written.runner.takeRecords().flatMap((record) => written.take(record));
    expect(said.map(({ scope, title }) => `${scope.kind}: ${title}`).sort()).toEqual([
      "credential: passed $50.00 today",
      "fleet: passed $50.00 today",
      "team: passed $50.00 today",
    ]);
  });

  it("are exact to a cent, whatever their number", () => {
    const cents = fc.uniqueArray(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(cents, (amounts) => {
        const sorted = [...amounts].sort((a, b) => a - b);
        const budgets = [{ tiers: amounts.map((each) => each / 100), unit: "usd", period: "day" }];
        const { takeAll } = harness({ defaults: { budgets } });
        const steps = sorted.flatMap((each, index) => [each - (sorted[index - 1] ?? 0) - 1, 1]);
        const said = steps.map((each) => takeAll(spend(each / 100)).length);
        expect(said).toEqual(sorted.flatMap(() => [0, 1]));
      }),
    );
  });
});
