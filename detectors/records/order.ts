/** Whether late events come as an outbox sends them, in order, or as somebody makes them up. */
import { HOUR_MS } from "../time/zones.ts";

/** A step back in time further than this, from one late event to the next, is out of order. */
const STEP_MS = 30 * 60_000;
/** Files that are sent one after the other begin anew now and then: at least so large a share must be out of order. */
const SHARE = 0.25;
/** The lag of a wrong clock stays the same: within this. */
const SAME_LAG_MS = 2 * 60_000;
const SAME_LAG_EVENTS = 10;
const SAME_LAG_FOR_MS = 10 * 60_000;

/** A spell of late events; ends after an hour without one. About 100 bytes. */
export interface LateSpell {
  /** Arrival of the last one. */
  last: number;
  /** What it said. */
  timestamp: number;
  count: number;
  outOfOrder: number;
  /** Smallest and greatest lag, milliseconds. */
  least: number;
  most: number;
  /** The lag that they share, since when, how many in a row. */
  lag: number;
  lagSince: number;
  lagCount: number;
}

export function newSpell(): LateSpell {
  return { last: 0, timestamp: 0, count: 0, outOfOrder: 0, least: 0, most: 0, lag: 0, lagSince: 0, lagCount: 0 };
}

export type LateOrder = "in_order" | "out_of_order" | "same_lag";

/** Takes in a late event of this moment. */
export function takeLate(spell: LateSpell, timestamp: number, now: number): LateOrder {
  if (now - spell.last > HOUR_MS) Object.assign(spell, newSpell());
  const lag = now - timestamp;
  // The first one steps back from the present.
  const isBack = spell.count === 0 || spell.timestamp - timestamp > STEP_MS;
  spell.least = spell.count === 0 ? lag : Math.min(spell.least, lag);
  spell.most = Math.max(spell.most, lag);
  spell.last = now;
  spell.timestamp = timestamp;
  spell.count += 1;
  if (isBack) spell.outOfOrder += 1;
  if (spell.lagCount === 0 || Math.abs(lag - spell.lag) > SAME_LAG_MS) {
    spell.lag = lag;
    spell.lagSince = now;
    spell.lagCount = 0;
  }
  spell.lagCount += 1;
  if (isBack && spell.outOfOrder >= SHARE * spell.count) return "out_of_order";
  return spell.lagCount >= SAME_LAG_EVENTS && now - spell.lagSince >= SAME_LAG_FOR_MS ? "same_lag" : "in_order";
}
