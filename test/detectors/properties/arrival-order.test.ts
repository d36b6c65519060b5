import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { budget } from "../../../detectors/budget.ts";
import type { Detector } from "../../../detectors/detector.ts";
import { offHours } from "../../../detectors/off-hours.ts";
import { policy } from "../../../detectors/policy.ts";
import { spend } from "../../../detectors/spend.ts";
import { toolFrequency } from "../../../detectors/tool-frequency.ts";
import { type Finding, SEVERITY_RANK } from "../../../schemas/finding.ts";
import { baseline, START, TOOLS } from "../../contract/agent-histories.ts";
import { event, harness, hex } from "../events.ts";

/** What is judged by its sum, or each call by itself. Loops, turns and shares of the last calls are about their order. */
const OF_AMOUNTS: readonly Detector[] = [toolFrequency, spend, budget, offHours, policy];

const WRITTEN = {
  defaults: {
    budgets: [
      { amount: 5, unit: "usd", period: "hour" },
      { amount: 60, unit: "calls", period: "day" },
    ],
    tools: { deny: ["pay"] },
  },
};

/** What an agent did within three minutes, and how long each took to arrive. */
const work = fc.array(
  fc.record({
    gap: fc.nat(1000),
    tool: fc.constantFrom(...TOOLS),
    cents: fc.nat(30),
    lag: fc.nat(400_000),
  }),
  { minLength: 5, maxLength: 180, size: "max" },
);

type Work = typeof work extends fc.Arbitrary<infer Steps> ? Steps : never;

/** The greatest severity by subject; of tools, where the loudest are told first and speak for others, of them all. */
function said(detector: Detector, steps: Work, lagOf: (step: Work[number]) => number): Record<string, string> {
  let at = START;
  const events = steps.map((step, number) => {
    at += step.gap;
    const ids = { id: `e${number}`, content: hex(`e${number}`).repeat(2), call: hex(`call ${number}`) };
    const cost = `0.${String(step.cents).padStart(2, "0")}`;
    return event(at, { ...ids, tool: step.tool, cost, arrived_at: at + lagOf(step) });
  });
  events.sort((a, b) => a.arrived_at - b.arrived_at);
  const findings = harness(WRITTEN, [detector]).takeAll([baseline(), ...events]);
  const worst: Record<string, Finding["severity"]> = {};
  for (const { subject, severity } of findings) {
    const key = detector === toolFrequency ? "" : subject;
    const before = worst[key];
    if (before === undefined || SEVERITY_RANK[severity] > SEVERITY_RANK[before]) worst[key] = severity;
  }
  return worst;
}

describe.each(OF_AMOUNTS)("$name, of events that arrive within lateness", (detector) => {
  it("says in whatever order what it says in the order in which they happened", () => {
    fc.assert(
      fc.property(work, (steps) => {
        expect(said(detector, steps, ({ lag }) => lag)).toEqual(said(detector, steps, () => 0));
      }),
      { numRuns: 60 },
    );
  });

  it("says something of that much work", () => {
    const steps = Array.from({ length: 150 }, (_, n) => ({
      gap: 900,
      tool: TOOLS[n % 3] as string,
      cents: 30,
      lag: 0,
    }));
    expect(said(detector, steps, () => 0)).not.toEqual({});
  });
});
