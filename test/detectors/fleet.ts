/** Simulated agents with a daily and weekly rhythm, from a seeded generator. */

import { createZones, HOUR_MS } from "../../detectors/time/zones.ts";
import type { EventRecord } from "../../schemas/journal.ts";
import { event } from "./events.ts";

/** mulberry32: small, seeded, good enough for test data. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function poisson(mean: number, next: () => number): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = next(); product > limit; product *= next()) count++;
  return count;
}

export interface Rhythm {
  readonly agent: string;
  readonly zone: string;
  /** Mean calls an hour by tool at the height of the day. */
  readonly tools: Readonly<Record<string, number>>;
  /** Dollars of a call by tool; varied by half either way. */
  readonly prices?: Readonly<Record<string, number>>;
  /** Share of the height by local hour of the week. */
  readonly share: (cell: number) => number;
  /** Calls come in runs of this many (over-dispersed). */
  readonly run?: number;
}

export const officeHours = (cell: number): number => {
  const [day, hour] = [Math.floor(cell / 24), cell % 24];
  return day < 5 && hour >= 8 && hour < 18 ? 0.7 + 0.3 * Math.sin(((hour - 8) / 10) * Math.PI) : 0;
};

export const aroundTheClock = (cell: number): number => {
  const [day, hour] = [Math.floor(cell / 24), cell % 24];
  return (0.6 + 0.4 * Math.sin(((hour - 6) / 24) * 2 * Math.PI)) * (day < 5 ? 1 : 0.6);
};

const zones = createZones();

/** Events of one agent from `from` to `to`, in time order. */
export function simulate(rhythm: Rhythm, from: number, to: number, next: () => number): EventRecord[] {
  const { agent, zone, tools, prices = {}, share, run = 1 } = rhythm;
  const events: EventRecord[] = [];
  for (let hour = from; hour < to; hour += HOUR_MS) {
    const level = share(zones.hourOfWeek(zone, hour));
    for (const [tool, mean] of Object.entries(tools)) {
      for (let runs = poisson((mean * level) / run, next); runs > 0; runs--) {
        const start = hour + Math.floor(next() * HOUR_MS);
        for (let index = 0; index < run; index++) {
          const at = Math.min(start + index * 1500, hour + HOUR_MS - 1);
          const price = prices[tool];
          const cost = price === undefined ? {} : { cost: (price * (0.5 + next())).toFixed(6) };
          events.push(event(at, { agent, tool, ...cost }));
        }
      }
    }
  }
  return events.sort((a, b) => a.judged_at - b.judged_at);
}
