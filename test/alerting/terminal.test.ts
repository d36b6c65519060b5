import pc from "picocolors";
import { describe, expect, it } from "vitest";
import { renderTerminal } from "../../alerting/sinks/terminal-message.ts";
import { AT, budget, incidentOf } from "./sample.ts";

const look = { colors: pc.createColors(false), timezoneOf: () => "Europe/Berlin" };
const opened = incidentOf(
  budget(70, { why: "38 calls to openai since 13:00", facts: ["$7.02 of $10.00 at 14:32 Berlin", "spent by 17:05"] }),
);
const more = { ...opened, revision: 2, finding: budget(90) };

describe("an incident on a terminal", () => {
  it("is shown whole when it opens", () => {
    expect(renderTerminal({ kind: "incident", incident: opened }, false, look)).toEqual([
      "⚠ competitor_monitor used 70 % of today's budget",
      "  $7.02 of $10.00 at 14:32 Berlin · spent by 17:05",
      "  Why:  38 calls to openai since 13:00",
      '  Last: 14:32:15 web_search "acme prices" $0.01',
    ]);
  });

  it("is one line when it changes", () => {
    expect(renderTerminal({ kind: "incident", incident: more }, true, look)).toEqual([
      "↻ competitor_monitor used 90 % of today's budget · $9.00 of $10.00 at 14:32 Berlin",
    ]);
  });

  it("is one line when it is over", () => {
    const incident = { ...opened, state: "resolved", resolvedAt: AT + 7_800_000 } as const;
    expect(renderTerminal({ kind: "incident", incident }, true, look)).toEqual([
      "✓ competitor_monitor used 70 % of today's budget · resolved: new day · lasted 2 h 10 min · cost $7.00 so far",
    ]);
  });

  it("speaks again at the limit", () => {
    const incident = { ...opened, revision: 3, severity: "critical", finding: budget(100) } as const;
    const [first] = renderTerminal({ kind: "reply", incident, step: "limit" }, false, look);
    expect(first).toBe("‼ competitor_monitor used 100 % of today's budget");
  });
});
