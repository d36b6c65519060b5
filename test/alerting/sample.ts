/** Findings and incidents for the tests of alerting. */
import { createIncidentBook } from "../../alerting/incident-book.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { Incident } from "../../schemas/incident.ts";

export const AT = Date.parse("2026-01-27T13:32:15.000Z");

export function finding(changes: Partial<Finding> & { readonly offset?: number } = {}): Finding {
  const { offset = 10, ...rest } = changes;
  return {
    id: `f${offset}`,
    detector: "tool-frequency",
    scope: { kind: "agent", name: rest.agent ?? "competitor_monitor" },
    agent: "competitor_monitor",
    subject: "web_search",
    episode: null,
    severity: "warning",
    step: 0,
    at: AT,
    position: { partition: 0, offset },
    window: { from: AT - 60_000, to: AT },
    unit: "calls",
    observed: 50,
    expected: 10,
    low: 4,
    high: 18,
    score: 9,
    reason: "over_baseline",
    title: "uses web_search 5 times as often as usual",
    facts: ["50 calls this hour, usual 4 to 18"],
    why: "",
    contributors: [],
    events: [{ id: "e1", at: AT, kind: "action", tool: "web_search", note: '"acme prices"', cost: "0.01" }],
    quietAfterMs: 600_000,
    endsAt: null,
    endReason: "quiet for 10 minutes",
    ...rest,
  };
}

export function budget(step: number, changes: Partial<Finding> & { readonly offset?: number } = {}): Finding {
  return finding({
    detector: "budget",
    subject: "usd:day",
    episode: "2026-01-27",
    step,
    severity: step >= 100 ? "critical" : "warning",
    unit: "usd",
    observed: step / 10,
    expected: null,
    low: null,
    high: null,
    score: null,
    reason: "limit_used",
    title: `used ${step} % of today's budget`,
    facts: [`$${(step / 10).toFixed(2)} of $10.00 at 14:32 Berlin`],
    quietAfterMs: 0,
    endsAt: Date.parse("2026-01-28T00:00:00.000Z"),
    endReason: "new day",
    ...changes,
  });
}

/** The incident that a finding opens. */
export function incidentOf(of: Finding = finding()): Incident {
  return createIncidentBook({ partition: 0 }).apply(of)[0] as Incident;
}
