/** What an hour of the day and an hour of the week usually hold: means of past visits. */

export const HOURS_OF_WEEK = 168;
const HOURS_OF_DAY = 24;
const HOUR_MS = 3_600_000;
/** A mean is over about so many visits. */
const DAYS = 7;
const WEEKS = 6;
/** Whole visits from which on it speaks. */
const NEEDED_DAYS = 2;
const NEEDED_WEEKS = 1;

interface Cells {
  readonly means: number[];
  readonly visits: number[];
}

/** Plain data; about 400 numbers. */
export interface HourCells {
  /** The present hour, counted from the epoch, and its hour of the week; −1 before the first row. */
  hour: number;
  cell: number;
  sum: number;
  count: number;
  readonly day: Cells;
  readonly week: Cells;
}

export function createHourCells(): HourCells {
  const cells = (length: number): Cells => ({
    means: new Array<number>(length).fill(0),
    visits: new Array<number>(length).fill(0),
  });
  return { hour: -1, cell: 0, sum: 0, count: 0, day: cells(HOURS_OF_DAY), week: cells(HOURS_OF_WEEK) };
}

/** Mean of this hour of the day, and of this hour of the week (0 to 167); undefined while there were too few. */
export function usualOf({ day, week }: HourCells, cell: number): [number | undefined, number | undefined] {
  const hour = cell % HOURS_OF_DAY;
  return [
    (day.visits[hour] as number) >= NEEDED_DAYS ? day.means[hour] : undefined,
    (week.visits[cell] as number) >= NEEDED_WEEKS ? week.means[cell] : undefined,
  ];
}

/** An hour is taken in when it is over. */
export function learnHour(cells: HourCells, at: number, cell: number, value: number): void {
  const hour = Math.floor(at / HOUR_MS);
  if (hour !== cells.hour && cells.count > 0) {
    const mean = cells.sum / cells.count;
    visit(cells.day, cells.cell % HOURS_OF_DAY, mean, DAYS);
    visit(cells.week, cells.cell, mean, WEEKS);
    cells.sum = 0;
    cells.count = 0;
  }
  cells.hour = hour;
  cells.cell = cell;
  cells.sum += value;
  cells.count += 1;
}

function visit({ means, visits }: Cells, cell: number, mean: number, most: number): void {
  const count = Math.min(most, (visits[cell] as number) + 1);
  visits[cell] = count;
  means[cell] = (means[cell] as number) + (mean - (means[cell] as number)) / count;
}
