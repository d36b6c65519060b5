/** What each part of the scoring adds: the same scoring with that part kept from knowing anything. */
import type { SeriesRow } from "../../../detectors/backtest/series.ts";
import { createEpisode } from "../../../detectors/series/episode.ts";
import {
  createSeriesState,
  DEFAULT_WARM_UP,
  type SeriesState,
  scoreRow,
} from "../../../detectors/series/series-scorer.ts";
import { VIEWS } from "../../../detectors/series/views.ts";

const RECENT = 3;

/** Takes a part's memory away before each row. */
type Forget = (state: SeriesState) => void;

const withoutLooks =
  (word: string): Forget =>
  ({ tails }) => {
    VIEWS.forEach((view, index) => {
      if (!view.startsWith(word)) return;
      const tail = tails[index];
      if (tail !== undefined) tail.rows = 0;
    });
  };

export const ABLATIONS: Readonly<Record<string, Forget>> = {
  "hours of day and week": ({ level }) => {
    level.hours.day.visits.fill(0);
    level.hours.week.visits.fill(0);
  },
  "the last rows as a history": ({ level }) => {
    level.tried[RECENT] = 0;
  },
  "spread by level": ({ spread, slowSpread }) => {
    for (const one of [spread, slowSpread]) one.product = one.miss * one.level;
  },
  "look at the row": withoutLooks("row"),
  "look at the hour": withoutLooks("hour "),
  "look at the hours": withoutLooks("hours "),
  "telling a disturbance once": ({ episode }) => {
    Object.assign(episode, createEpisode());
  },
};

/** Scores of the rows with a part left out. */
export function scoresWithout(rows: readonly SeriesRow[], forget: Forget): number[] {
  const state = createSeriesState();
  const warmUp = Math.min(DEFAULT_WARM_UP, Math.floor(0.15 * rows.length));
  return rows.map(({ at, value }) => {
    forget(state);
    return value === undefined ? 0 : scoreRow(state, at, value, { warmUp }).score;
  });
}
