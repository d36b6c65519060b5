/** The words every sink uses: durations, amounts, times, what became of an incident. Pure, unescaped. */
import type { Incident } from "../../schemas/incident.ts";

/** "45 s", "12 min", "2 h 10 min", "3 d 4 h". */
export function durationWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return hours % 24 === 0 ? `${Math.floor(hours / 24)} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** "$7.02", "$1,204.50", small ones with what it takes to see them: "$0.041", "$0.0013". */
function dollarWords(value: number): string {
  const isSmall = value !== 0 && Math.abs(value) < 0.095;
  const digits = isSmall ? { maximumSignificantDigits: 2 } : { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return `$${value.toLocaleString("en-US", digits)}`;
}

/** "$7.02", "38 calls", "2,000,000 tokens". */
export function amountWords(value: number, unit: string): string {
  if (unit === "usd") return dollarWords(value);
  const rounded = Number.isInteger(value) ? value : Number(value.toPrecision(3));
  return `${rounded.toLocaleString("en-US")} ${unit}`;
}

/** "14:32:12" in the zone; an unknown zone reads as UTC. */
export function clockWords(at: number, timezone: string): string {
  const options = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const;
  try {
    return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: timezone }).format(at);
  } catch {
    return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" }).format(at);
  }
}

/** "judged late, opened 13:02:10 to 15:10:44": of a summary after an outage; with days, in UTC, where it was long. */
export function lateWords(incidents: readonly Incident[], timezone: string): string {
  const times = incidents.map(({ openedAt }) => openedAt);
  const [from, to] = [Math.min(...times), Math.max(...times)];
  const isLong = to - from >= 12 * 3_600_000;
  const text = (at: number) =>
    `${isLong ? `${new Date(at).toISOString().slice(0, 10)} ` : ""}${clockWords(at, isLong ? "UTC" : timezone)}`;
  return `judged late, opened ${text(from)}${from === to ? "" : ` to ${text(to)}`}${isLong ? " UTC" : ""}`;
}

/** Observed against expected, where a finding says nothing more. */
export function factsOf(incident: Incident): readonly string[] {
  const { facts, observed, expected, unit } = incident.finding;
  if (facts.length > 0) return facts;
  return [
    expected === null
      ? amountWords(observed, unit)
      : `${amountWords(observed, unit)}, usual ${amountWords(expected, unit)}`,
  ];
}

/** Likely cause; else who contributed most. Empty when nothing is known. */
export function whyOf(incident: Incident): string {
  const { why, contributors, unit } = incident.finding;
  if (why !== "") return why;
  return contributors
    .slice(0, 3)
    .map(({ name, observed, expected }) => {
      const usual = expected === null ? "" : ` (usual ${amountWords(expected, unit)})`;
      return `${name} ${amountWords(observed, unit)}${usual}`;
    })
    .join(", ");
}

/** "resolved: new day · lasted 2 h 10 min · cost $4.10 so far"; empty while it is open. */
export function endWords(incident: Incident): string {
  if (incident.state !== "resolved" || incident.resolvedAt === null) return "";
  const lasted = `lasted ${durationWords(incident.resolvedAt - incident.openedAt)}`;
  const cost = incident.unit === "usd" ? [`cost ${amountWords(incident.observed, "usd")} so far`] : [];
  return [`resolved: ${incident.endReason}`, lasted, ...cost].join(" · ");
}
