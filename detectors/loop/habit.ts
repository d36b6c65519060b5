/** How often an agent usually repeats a call: the most in a minute and in ten, over the stretches it was seen in. */
import { ABOVE_HABIT, SLOW_MS, STRETCHES_TO_TRUST } from "./rules.ts";

/** What was the most in each of two generations of stretches, so that an old habit fades within days. */
const STRETCHES_A_GENERATION = 500;

export interface Habit {
  /** The stretch (10 minutes, counted from the epoch) that is being filled. */
  stretch: number;
  /** Finished stretches with a repetition in them. */
  stretches: number;
  /** A finding fell into this stretch: it is not learned as usual. */
  flagged: boolean;
  /** The most within a minute: in this stretch, this generation, the generation before. */
  minuteNow: number;
  minuteMost: number;
  minuteBefore: number;
  /** The most within ten minutes, likewise. */
  slowNow: number;
  slowMost: number;
  slowBefore: number;
  /** Repetitions in a stretch, each counted, likewise. */
  countNow: number;
  countMost: number;
  countBefore: number;
}

export const NO_COUNT = { countNow: 0, countMost: 0, countBefore: 0 } as const;

export function newHabit(): Habit {
  const minute = { minuteNow: 0, minuteMost: 0, minuteBefore: 0 };
  const slow = { slowNow: 0, slowMost: 0, slowBefore: 0 };
  return { stretch: 0, stretches: 0, flagged: false, ...minute, ...slow, ...NO_COUNT };
}

function closeStretch(habit: Habit): void {
  if (!habit.flagged) {
    habit.stretches++;
    habit.minuteMost = Math.max(habit.minuteMost, habit.minuteNow);
    habit.slowMost = Math.max(habit.slowMost, habit.slowNow);
    habit.countMost = Math.max(habit.countMost, habit.countNow);
    if (habit.stretches % STRETCHES_A_GENERATION === 0) {
      habit.minuteBefore = habit.minuteMost;
      habit.slowBefore = habit.slowMost;
      habit.minuteMost = 0;
      habit.slowMost = 0;
      habit.countBefore = habit.countMost;
      habit.countMost = 0;
    }
  }
  habit.minuteNow = 0;
  habit.slowNow = 0;
  habit.countNow = 0;
  habit.flagged = false;
}

/** Takes in how many repetitions the last minute and the last ten hold at this moment. */
export function learnHabit(habit: Habit, at: number, inMinute: number, inTen: number): void {
  const stretch = Math.floor(at / SLOW_MS);
  if (stretch > habit.stretch) {
    if (habit.stretch > 0) closeStretch(habit);
    habit.stretch = stretch;
  }
  habit.minuteNow = Math.max(habit.minuteNow, inMinute);
  habit.slowNow = Math.max(habit.slowNow, inTen);
  habit.countNow++;
}

/** So many repetitions, and those of the stretch in hand, are usual. */
export function trustHabit(habit: Habit, count: number): void {
  habit.stretches = Math.max(habit.stretches, STRETCHES_TO_TRUST);
  habit.minuteMost = Math.max(habit.minuteMost, habit.minuteNow, count);
  habit.slowMost = Math.max(habit.slowMost, habit.slowNow, count);
  habit.countMost = Math.max(habit.countMost, habit.countNow, count);
  habit.flagged = false;
}

export function isTrusted(habit: Habit): boolean {
  return habit.stretches >= STRETCHES_TO_TRUST;
}

/** The limit above this agent's own habit; the stated one while no habit is trusted. */
export function limitAbove(habit: Habit, which: "minute" | "slow", stated: number): number {
  if (!isTrusted(habit)) return stated;
  const most =
    which === "minute" ? Math.max(habit.minuteMost, habit.minuteBefore) : Math.max(habit.slowMost, habit.slowBefore);
  return Math.max(stated, ABOVE_HABIT * most + 1);
}

/** The most repetitions that a stretch usually has, of a habit that is trusted; undefined when that is not known. */
export function usualCount(habit: Habit): number | undefined {
  const most = Math.max(habit.countMost, habit.countBefore);
  return isTrusted(habit) && most > 0 ? most : undefined;
}
