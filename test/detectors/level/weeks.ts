/** Weeks of one agent before the detectors, learned every six hours as in production. */
import { MemoryCells } from "../../../detectors/backtest/memory-cells.ts";
import { learnAgent } from "../../../detectors/learning/learn-agent.ts";
import { spend } from "../../../detectors/spend.ts";
import { createZones, DAY_MS, HOUR_MS } from "../../../detectors/time/zones.ts";
import { toolFrequency } from "../../../detectors/tool-frequency.ts";
import type { Finding } from "../../../schemas/finding.ts";
import type { BaselineRecord, ExpectedRecord } from "../../../schemas/journal.ts";
import { harness } from "../events.ts";
import { type Rhythm, random, simulate } from "../fleet.ts";

/** A Monday, UTC. */
export const START = Date.UTC(2026, 5, 1);
const zones = createZones();
/** Until then once a day is enough. */
const FIRST_LEARNED = 13;

export interface Weeks {
  /** Goes on to a day (counted from the start), each day `times` as much as the rhythm says. */
  until(day: number, times?: (day: number) => number): Finding[];
  say(record: ExpectedRecord): void;
  learned(): BaselineRecord | undefined;
}

/** One agent of this rhythm; everything follows from the seed. */
export function weeksOf(rhythm: Rhythm, seed = 1): Weeks {
  const cells = new MemoryCells();
  const { take } = harness({}, [toolFrequency, spend]);
  const next = random(seed);
  let today = 0;
  let learned: BaselineRecord | undefined;
  function learn(now: number): readonly Finding[] {
    const known = cells.history(rhythm.agent, now);
    const input = { timezone: "UTC", now, zones, toolLimit: 64 };
    learned = known && learnAgent({ ...known, ...input })?.record;
    return learned === undefined ? [] : take(learned);
  }
  return {
    until(day, times = () => 1) {
      const all: Finding[] = [];
      for (; today < day; today++) {
        for (let hour = 0; hour < 24; hour += 6) {
          const from = START + today * DAY_MS + hour * HOUR_MS;
          if (today >= FIRST_LEARNED || hour === 0) all.push(...learn(from));
          const share = (cell: number): number => rhythm.share(cell) * times(today + hour / 24);
          for (const event of simulate({ ...rhythm, share }, from, from + 6 * HOUR_MS, next)) {
            const found = take(event);
            cells.add(event);
            for (const finding of found) cells.flag(finding);
            all.push(...found);
          }
        }
      }
      return all;
    },
    say(record) {
      take(record);
      cells.expect(record);
    },
    learned: () => learned,
  };
}

/** Findings that wake somebody, as far as they begin something: at most one in half an hour about one subject. */
export function pagesOf(findings: readonly Finding[]): Finding[] {
  const last = new Map<string, number>();
  return findings.filter(({ detector, subject, severity, at }) => {
    if (severity === "info") return false;
    const before = last.get(`${detector} ${subject}`) ?? Number.NEGATIVE_INFINITY;
    last.set(`${detector} ${subject}`, at);
    return at - before > HOUR_MS / 2;
  });
}
