/**
 * The level that an agent's series are held against over the months, so that nothing grows unseen by a few percent a
 * day: an older reference than the baseline, which follows what it sees. It moves only by what was said, or with age.
 */
import type { BaselineLevel, BaselineSeries } from "../../schemas/baseline.ts";
import { keyOf } from "../evidence/known-things.ts";
import { DAY_MS } from "../time/zones.ts";

/** Times the anchored level, from which on it is said that it grew. */
const GROWN = 2;
/** A week before it must have been so many times the anchor: it grew, it did not jump. */
const GROWING = 1.3;
/** Times the anchored level that a step must reach to be more than a return to what was, and growth after a step. */
const NEW_LEVEL = 1.4;
/** The week before ends so long ago at the latest. */
const EARLIER_MS = 14 * DAY_MS;
/** Days of history behind the first anchor. */
const NEEDED_DAYS = 14;
/** An anchor lasts so long: what doubles in less is seen. */
const ANCHOR_MS = 84 * DAY_MS;
/** One that the agent stays below by half is taken down sooner. */
const LOWERED_MS = 28 * DAY_MS;
/** Steps within so long are weighed together, and a step is news for half of it. */
const TOGETHER_MS = 28 * DAY_MS;
const NEWS_MS = 14 * DAY_MS;
/** Beginnings of one step, as read from two series or on two days, differ by less. */
const SAME_STEP_MS = 3 * DAY_MS;
/** Series whose anchors are kept; those that nothing was learned of go first. */
const MOST = 80;
const FIGURES = 6;
const NONE: readonly number[] = [];

interface Anchor {
  /** 32-bit number of the series' name. */
  readonly key: number;
  level: number;
  /** When it was taken, Unix milliseconds. */
  at: number;
  /** Level before the steps of the last four weeks, and when the last of them was noted; 0: none. */
  base: number;
  steppedAt: number;
  /** Start of the last step that was taken in. */
  since: number;
}

/** A level that is not the anchored one any more. */
export interface LevelChange {
  readonly kind: "step" | "growth";
  readonly series: BaselineSeries;
  /** Amounts an hour: the anchored level, and the one now. */
  readonly before: number;
  readonly after: number;
  /** When the step began; of growth: when the anchor was taken. */
  readonly since: number;
  /** Not the first step in four weeks, and more than twice what was before them. */
  readonly isRepeated: boolean;
}

/** What levels are judged against beside the anchors. */
export interface LevelRules {
  /** The whole agent: a step of it explains that of its parts. */
  readonly all: BaselineSeries | undefined;
  /** Amount an hour by which a level must have risen. */
  readonly least: number;
}

const numberOf = ({ series, subject }: BaselineSeries): number => keyOf(`${series} ${subject}`);

/** Numbers in a row for each of at most 80 series, about 50 bytes each. */
export class Anchors {
  #rows: readonly number[];

  constructor(saved?: unknown) {
    this.#rows = (saved as readonly number[] | undefined) ?? NONE;
  }

  /** Takes in what was learned; returns what is not as it was, once each. */
  take(series: readonly BaselineSeries[], at: number, rules: LevelRules): LevelChange[] {
    const anchors = new Map<number, Anchor>();
    for (let row = 0; row < this.#rows.length; row += FIGURES) {
      const [key = 0, level = 0, anchoredAt = 0, base = 0, steppedAt = 0, since = 0] = this.#rows.slice(
        row,
        row + FIGURES,
      );
      if (at - anchoredAt <= 2 * ANCHOR_MS) anchors.set(key, { key, level, at: anchoredAt, base, steppedAt, since });
    }
    const changes = series.flatMap((one) => judge(one, at, anchors, rules) ?? []);
    const learned = new Set(series.map(numberOf));
    const kept = [...anchors.values()].sort((a, b) => Number(learned.has(b.key)) - Number(learned.has(a.key)));
    this.#rows = kept
      .slice(0, MOST)
      .flatMap(({ key, level, at: anchoredAt, base, steppedAt, since }) => [
        ...[key, level, anchoredAt],
        ...[base, steppedAt, since],
      ]);
    return changes;
  }

  save(): readonly number[] {
    return this.#rows;
  }
}

function judge(
  series: BaselineSeries,
  at: number,
  anchors: Map<number, Anchor>,
  { all, least }: LevelRules,
): LevelChange | undefined {
  const { level, state, days } = series;
  if (level === undefined || state !== "ready" || days < NEEDED_DAYS) return undefined;
  const key = numberOf(series);
  const anchor = anchors.get(key);
  if (anchor === undefined || isOutdated(anchor, level.busy, at) || isBesideHistory(anchor, level.earlier, at)) {
    // What it stands at when it is first looked at is nothing new.
    anchors.set(key, { key, level: level.busy, at, base: 0, steppedAt: 0, since: level.step?.since ?? 0 });
    return undefined;
  }
  const step = level.step ?? all?.level?.step;
  const isNews = step !== undefined && at - step.since <= NEWS_MS && step.since > anchor.since + SAME_STEP_MS;
  if (isNews && level.step === undefined) {
    stepOf(anchor, series, step, at);
    return undefined;
  }
  if (level.now - anchor.level < least) return undefined;
  if (isNews && level.now >= NEW_LEVEL * anchor.level) return stepOf(anchor, series, step, at);
  const before = grownFrom(anchor, level, at);
  if (before === undefined) return undefined;
  const since = anchor.at;
  Object.assign(anchor, { level: level.now, at, base: 0, steppedAt: 0 });
  return { kind: "growth", series, before, after: level.now, since, isRepeated: false };
}

/**
 * Days that were over when the anchor was taken read as far more than it says: history came in after it, and the agent
 * grew in no day of its own.
 */
function isBesideHistory(anchor: Anchor, earlier: number, at: number): boolean {
  return at - anchor.at < EARLIER_MS && earlier >= GROWN * anchor.level;
}

function isOutdated(anchor: Anchor, busy: number, at: number): boolean {
  const age = at - anchor.at;
  return age >= ANCHOR_MS || (age >= LOWERED_MS && busy < anchor.level / 2);
}

/** The level that it grew from to twice that; undefined: it did not. A step that was only noted and went on to grow was part of it. */
function grownFrom(
  { level, base, steppedAt }: Anchor,
  { now, earlier }: BaselineLevel,
  at: number,
): number | undefined {
  if (now >= GROWN * level && earlier >= GROWING * level) return level;
  return at - steppedAt <= TOGETHER_MS && now >= GROWN * base && now >= NEW_LEVEL * level ? base : undefined;
}

/** Notes do not add up unseen: steps in a row are held against the level before the first of them. */
function stepOf(
  anchor: Anchor,
  series: BaselineSeries,
  { since, times }: { readonly since: number; readonly times: number },
  at: number,
): LevelChange {
  const before = anchor.level;
  const after = before * times;
  const isFirst = at - anchor.steppedAt > TOGETHER_MS;
  if (isFirst) anchor.base = before;
  const isRepeated = !isFirst && after >= GROWN * anchor.base;
  Object.assign(anchor, { level: after, steppedAt: at, since });
  return { kind: "step", series, before, after, since, isRepeated };
}
