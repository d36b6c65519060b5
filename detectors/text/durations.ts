/** Spans of time as a person reads them. */

/** "40 s", "12 min", "5 h", "3.5 d". */
export function spanText(ms: number): string {
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  const hours = ms / 3_600_000;
  if (hours < 48) return `${Number(hours.toPrecision(2))} h`;
  const days = hours / 24;
  return days < 1000 ? `${Number(days.toPrecision(2))} d` : `${Math.round(days / 365.25)} years`;
}
