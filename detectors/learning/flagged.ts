/** What was flagged is not learned as normal, unless it has lasted: a level shift is adopted, an attack is not. */
import type { SeriesName } from "../../schemas/baseline.ts";
import { DAY_MS, HOUR_MS } from "../time/zones.ts";
import type { ExpectedSpan, FlaggedHour } from "./cells.ts";

/** Flagged hours nearer together than this are one happening. */
const SAME_HAPPENING_MS = 1.5 * DAY_MS;
/** A happening that lasted this long has become normal. */
export const ADOPTED_AFTER_MS = 7 * DAY_MS;

/** Whether a finding says something about a series: a loop taints all of the agent's. */
function taints({ detector, subject }: FlaggedHour, series: SeriesName, of: string): boolean {
  switch (detector) {
    case "loop":
      return true;
    case "spend":
      return series === "spend";
    case "off-hours":
      return series === "hours";
    case "tool-frequency":
      return series === "calls" || series === "spend" || (series === "tool" && (subject === "" || subject === of));
    default:
      return false;
  }
}

/** Flagged hours without those of which somebody said that they are as they should be. */
export function withoutExpected(flagged: readonly FlaggedHour[], expected: readonly ExpectedSpan[]): FlaggedHour[] {
  const isExpected = ({ detector, subject, hour }: FlaggedHour): boolean =>
    expected.some((span) => {
      const isSame = span.detector === detector && span.subject === subject;
      return isSame && hour > span.from - HOUR_MS && hour <= span.to;
    });
  return flagged.filter((hour) => !isExpected(hour));
}

/** Hours of a series that are left out of learning. */
export function leftOutHours(flagged: readonly FlaggedHour[], series: SeriesName, subject: string): number[] {
  const hours = flagged.filter((hour) => taints(hour, series, subject)).map(({ hour }) => hour);
  hours.sort((a, b) => a - b);
  const leftOut: number[] = [];
  let happening: number[] = [];
  for (const hour of [...hours, Number.POSITIVE_INFINITY]) {
    const last = happening.at(-1);
    if (last !== undefined && hour - last > SAME_HAPPENING_MS) {
      if (last - (happening[0] ?? last) < ADOPTED_AFTER_MS) leftOut.push(...happening);
      happening = [];
    }
    happening.push(hour);
  }
  return leftOut;
}
