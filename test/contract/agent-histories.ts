/** Histories of one agent that make most detectors speak. */
import fc from "fast-check";
import { HOUR_MS } from "../../detectors/time/zones.ts";
import type { BaselineRecord, JournalRecord } from "../../schemas/journal.ts";
import { event, hex } from "../detectors/events.ts";

export const START = Date.UTC(2026, 0, 27, 9);
export const TOOLS = ["search", "mail", "pay"];

/** Two calls of each tool and two cents an hour, at hours at which it never works. */
export function baseline(): BaselineRecord {
  const hours = new Array<number>(48).fill(2);
  const common = { state: "ready", days: 28, needed: 7, dispersion: 0.05, expected: hours, recent: hours } as const;
  const never = new Array<number>(48).fill(0);
  return {
    type: "baseline",
    agent: "a",
    at: START,
    from: START - HOUR_MS,
    series: [
      { series: "calls", subject: "", unit: 1, ...common },
      ...TOOLS.map((subject) => ({ series: "tool", subject, unit: 1, ...common }) as const),
      { series: "spend", subject: "", unit: 0.01, ...common, expected: hours.map(() => 0.02) },
      { series: "hours", subject: "", unit: 1, ...common, expected: never },
    ],
  };
}

/** A history of one agent: bursts, repeats, costs, decisions, late and backfilled events, ticks and a baseline. */
export const history = fc
  .array(
    fc.record({
      gap: fc.oneof({ weight: 4, arbitrary: fc.nat(3000) }, { weight: 1, arbitrary: fc.nat(1_500_000) }),
      tool: fc.constantFrom(...TOOLS),
      kind: fc.constantFrom("action", "api_call", "decision"),
      call: fc.nat(3),
      cents: fc.nat(30),
      mark: fc.constantFrom("ok", "ok", "ok", "ok", "late", "backfill", "tick"),
    }),
    { minLength: 1, maxLength: 120 },
  )
  .map((steps) => {
    const records: JournalRecord[] = [baseline()];
    let at = START;
    for (const { gap, tool, kind, call, cents, mark } of steps) {
      at += gap;
      if (mark === "tick") {
        records.push({ type: "tick", at });
        continue;
      }
      const isOld = mark !== "ok";
      const fields = {
        tool,
        kind,
        arrived_at: at,
        judged_at: isOld ? at - 2_000_000 : at,
        clock: isOld ? "late" : "ok",
        cost: `0.${String(cents).padStart(2, "0")}`,
        outcome: hex("same"),
        ...(kind === "decision" ? {} : { call: hex(`${tool} ${call}`) }),
        ...(mark === "backfill" ? { backfill: true as const } : {}),
      } as const;
      records.push(event(at, fields));
    }
    return records;
  });
