/** Pieces by themselves, in this process: microseconds an event, beside JSON.parse of the same lines. */
import { DETECTORS } from "../../detectors/registry.ts";
import { createRunner } from "../../detectors/runner.ts";
import { createIntake } from "../../ingest/intake/intake.ts";
import { createRepeatFilter } from "../../ingest/journal/repeat-filter.ts";
import type { EventRecord } from "../../schemas/journal.ts";
import type { Figure } from "./figure.ts";
import { line } from "./lines.ts";

const SHAPE = { agents: 200, tools: 20 };

/** The second half of the items counts: the first warms up. */
function microseconds<T>(items: readonly T[], step: (item: T, at: number) => unknown): number {
  const half = items.length >> 1;
  for (let at = 0; at < half; at += 1) step(items[at] as T, at);
  const began = process.cpuUsage();
  for (let at = half; at < items.length; at += 1) step(items[at] as T, at);
  const { user, system } = process.cpuUsage(began);
  return (user + system) / (items.length - half);
}

/** Twenty seconds of work for 200 agents at 5,000 a second. */
export async function micro(events: number): Promise<Figure[]> {
  const start = Date.now();
  const arrivals = Array.from({ length: events }, (_, n) => start + n / 5);
  const texts = arrivals.map((at, n) => line(n, SHAPE, at));
  const lines = texts.map((text) => Buffer.from(text));
  const intake = createIntake({ lineBytes: 65_536, prices: [] });
  const records: EventRecord[] = [];
  const parse = microseconds(texts, (text) => JSON.parse(text));
  const taken = microseconds(lines, (bytes, n) => {
    const arrivedAt = Math.round(arrivals[n] as number);
    const identify = (at: number) => ({ id: `bench#${at}`, source: "position" as const });
    const verdict = intake.line(bytes, n + 1, { name: "bench", arrivedAt, backfill: false, identify });
    if (verdict.kind === "event") records.push(verdict.event);
  });
  const filter = createRepeatFilter({ recentIds: 100_000 });
  const filtered = microseconds(records, (record, offset) => filter.accept(record, offset));
  const judged = (detectors: typeof DETECTORS): number => {
    const runner = createRunner({ detectors, partition: 0 });
    return microseconds(records, (record, offset) => runner.evaluate(record, { partition: 0, offset }));
  };
  const none = judged([]);
  return [
    { name: "JSON.parse of a line", value: parse, unit: "us" },
    { name: "intake of a line", value: taken, unit: "us" },
    { name: "repeat filter an event", value: filtered, unit: "us" },
    { name: "runner and all detectors an event", value: judged(DETECTORS), unit: "us" },
    { name: "  the runner alone", value: none, unit: "us" },
    ...DETECTORS.map((one) => ({ name: `  ${one.name}`, value: judged([one]) - none, unit: "us" })),
  ];
}
