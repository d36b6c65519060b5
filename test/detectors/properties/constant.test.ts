import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBacktestWatch } from "../../../alerting/backtest-watch.ts";
import { backtest } from "../../../detectors/backtest.ts";
import { DETECTORS } from "../../../detectors/registry.ts";
import { DAY_MS } from "../../../detectors/time/zones.ts";
import type { EventRecord } from "../../../schemas/journal.ts";
import { configOf, event, hex } from "../events.ts";

const START = Date.UTC(2026, 2, 2);

/** The same call every so many minutes, day and night, for three weeks. */
async function* constant(minutes: number, fields: Partial<EventRecord>): AsyncGenerator<EventRecord> {
  for (let at = START; at < START + 21 * DAY_MS; at += minutes * 60_000) yield event(at, fields);
}

async function titlesOf(events: AsyncIterable<EventRecord>): Promise<string[]> {
  const titles: string[] = [];
  const rest = { schedule: "0 3 * * *", falseAlarmsPerWeek: 1, createWatch: createBacktestWatch };
  const onAlert = ({ title }: { title: string }): unknown => titles.push(title);
  await backtest({ detectors: DETECTORS, events, config: configOf({}), ...rest, onAlert });
  return titles;
}

describe("no page", () => {
  it("for an agent that always does the same, learned as it goes, whatever it costs", async () => {
    const fields = fc.record({
      cost: fc.constantFrom("0", "0.0003", "0.2", "45"),
      duration_ms: fc.integer({ min: 1, max: 100_000 }),
    });
    const isSameCall = fc.boolean();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 10, max: 3000 }), fields, isSameCall, async (minutes, usual, same) => {
        const call = same ? { call: hex("same") } : {};
        expect(await titlesOf(constant(minutes, { ...usual, ...call }))).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  it("for a single event, or none", async () => {
    const single = fc.record({
      kind: fc.constantFrom("action", "api_call", "decision"),
      tool: fc.string({ minLength: 1 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.option(single, { nil: undefined }), async (fields) => {
        const events = (async function* () {
          if (fields !== undefined) yield event(START, { ...fields, cost: "45" });
        })();
        expect(await titlesOf(events)).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });
});
