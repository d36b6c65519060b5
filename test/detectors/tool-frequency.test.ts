import { describe, expect, it } from "vitest";
import { HOUR_MS } from "../../detectors/time/zones.ts";
import { toolFrequency } from "../../detectors/tool-frequency.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { BaselineRecord, EventRecord } from "../../schemas/journal.ts";
import { event, harness } from "./events.ts";

const START = Date.UTC(2026, 2, 2, 9);
const USUAL = 20;
const TOOLS = ["a", "b", "c", "d", "e", "f", "g", "h"];

/** Each tool is called twenty times an hour; all calls are not judged unless asked for. */
function baseline(withAll: boolean): BaselineRecord {
  const hours = (amount: number): number[] => new Array<number>(48).fill(amount);
  const ready = { state: "ready", days: 28, needed: 7, dispersion: 0.02, unit: 1 } as const;
  const of = (series: "calls" | "tool", subject: string, amount: number) => {
    return { series, subject, ...ready, expected: hours(amount), recent: hours(amount) };
  };
  const tools = TOOLS.map((tool) => of("tool", tool, USUAL));
  const series = withAll ? [of("calls", "", USUAL * TOOLS.length), ...tools] : tools;
  return { type: "baseline", agent: "a", at: START, from: START - HOUR_MS, series };
}

function started(withAll = false) {
  const one = harness({}, [toolFrequency]);
  one.take(baseline(withAll));
  return one;
}

/** So many calls of a tool, evenly over some minutes. */
function calls(tool: string, count: number, fromMinute: number, minutes = 2): EventRecord[] {
  const step = (minutes * 60_000) / count;
  return Array.from({ length: count }, (_, n) => event(START + fromMinute * 60_000 + n * step, { tool }));
}

const told = (findings: readonly Finding[], severity?: string): string[] => [
  ...new Set(
    findings.filter((f) => f.severity !== "info" && (severity ?? f.severity) === f.severity).map((f) => f.subject),
  ),
];

describe("tools that are loud at once", () => {
  const three = [calls("a", 90, 0), calls("b", 90, 2), calls("c", 90, 4)].flat();

  it("keep no worse one silent: a fourth that is graver is told", () => {
    const { takeAll } = started();
    expect(told(takeAll(three))).toEqual(["a", "b", "c"]);
    expect(told(takeAll(calls("d", 2000, 6)), "critical")).toEqual(["d"]);
  });

  it("name one that is no worse in what they say", () => {
    const { takeAll } = started();
    takeAll(three);
    const findings = takeAll([calls("d", 90, 6), calls("e", 88, 8)].flat());
    expect(told(findings).every((subject) => ["a", "b", "c"].includes(subject))).toBe(true);
    const facts = findings.at(-1)?.facts.join(" · ");
    expect(facts).toMatch(/far above usual as well: d \(4\.5 times\), e \(\d(\.\d)? times\)/);
  });

  it("give way when they are over: the fourth is told for itself", () => {
    const { takeAll } = started();
    takeAll(three);
    // Their hour is over, a note of it may still speak.
    const later = takeAll(calls("d", 90, 66));
    expect(told(later)).toEqual(["d"]);
  });

  it("come to few messages, whatever the number of tools and however they grow", () => {
    const { takeAll } = started();
    const findings = TOOLS.flatMap((tool, n) => takeAll(calls(tool, 90 + 4 * n, 3 * n)));
    expect(told(findings)).toHaveLength(3);
  });

  it("hide no flood of what nobody knows: calls beyond theirs are told of all together", () => {
    const { takeAll } = started(true);
    expect(told(takeAll(calls("a", 90, 0)))).toEqual(["a"]);
    expect(told(takeAll(calls("made up", 3000, 3)))).toEqual([""]);
  });

  it("are told once where they explain what all come to", () => {
    const { takeAll } = started(true);
    expect(told(takeAll([...calls("a", 1500, 0), ...calls("b", 15, 3)]))).toEqual(["a"]);
  });

  it("are told as all together first, and for themselves only when they are graver than that", () => {
    const { takeAll } = started(true);
    // Nobody's own tool: all calls speak.
    expect(told(takeAll(calls("made up", 700, 0)))).toEqual([""]);
    const findings = takeAll(calls("a", 300, 3));
    expect(told(findings, "critical")).toEqual(["a"]);
  });
});
