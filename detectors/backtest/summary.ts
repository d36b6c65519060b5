/** What a backtest found, for the terminal. */
import { countText, plural } from "../text/numbers.ts";

/** One line of `--alerts`: an incident when it would first have been told. */
export interface BacktestAlert {
  /** ISO 8601, UTC: event time at which it would have gone out. */
  readonly timestamp: string;
  /** Empty where `scope` names what it is about. */
  readonly agent: string;
  /** Of a total that spans agents: `team:growth`, `fleet:fleet`, `credential:NAME`. */
  readonly scope?: string;
  readonly detector: string;
  readonly severity: string;
  readonly title: string;
  readonly observed: number;
  readonly expected: number | null;
  readonly incident: string;
}

/** An alert as the summary shows it. */
export interface ToldAlert {
  readonly alert: BacktestAlert;
  /** Whom it is about, as messages name it. */
  readonly who: string;
  /** What was seen, and the likely cause; texts of agents are in them. */
  readonly facts: readonly string[];
}

export interface BacktestSummary {
  readonly events: number;
  readonly agents: number;
  /** Unix milliseconds of the first and last event; null without events. */
  readonly from: number | null;
  readonly to: number | null;
  readonly told: readonly ToldAlert[];
  /** Incidents that stayed information. */
  readonly notes: number;
  readonly byDetector: Readonly<Record<string, number>>;
  /** Null where the events span less than a week. */
  readonly alertsPerWeek: number | null;
}

const WEEK_MS = 7 * 86_400_000;
/** Alerts that are shown; a file that is named with `--alerts` has all of them. */
const SHOWN = 40;
const FACTS = 4;

export function summarise(
  seen: Pick<BacktestSummary, "events" | "agents" | "notes">,
  span: readonly [from: number, to: number] | undefined,
  told: readonly ToldAlert[],
): BacktestSummary {
  const byDetector: Record<string, number> = {};
  for (const { alert } of told) byDetector[alert.detector] = (byDetector[alert.detector] ?? 0) + 1;
  const weeks = span === undefined ? 0 : (span[1] - span[0]) / WEEK_MS;
  const { events, agents, notes } = seen;
  return {
    ...{ events, agents, notes, told, byDetector },
    from: span?.[0] ?? null,
    to: span?.[1] ?? null,
    alertsPerWeek: weeks < 1 ? null : Number((told.length / weeks).toFixed(2)),
  };
}

const day = (at: number): string => new Date(at).toISOString().slice(0, 10);

/**
 * Plain text, a line per thing.
 * @param plain Takes out of agents' texts what a terminal would obey.
 */
export function summaryText(summary: BacktestSummary, plain: (text: string) => string): string {
  const { events, agents, from, to, told, notes, byDetector, alertsPerWeek } = summary;
  if (from === null || to === null) return "No events.\n";
  const rate = alertsPerWeek === null ? "in less than a week" : `${alertsPerWeek} a week`;
  const lines = [
    `${plural(events, "event")} of ${plural(agents, "agent")}, ${day(from)} to ${day(to)}`,
    `${plural(told.length, "alert")}, ${rate}; ${plural(notes, "note")} that nobody is told`,
  ];
  for (const [detector, count] of Object.entries(byDetector).sort(([a], [b]) => (a < b ? -1 : 1))) {
    lines.push(`  ${detector.padEnd(16)} ${countText(count)}`);
  }
  for (const one of told.slice(0, SHOWN))
    lines.push("", ...alertLines(one).map((line, index) => `${index === 0 ? "" : "  "}${plain(line)}`));
  if (told.length > SHOWN) lines.push("", `and ${countText(told.length - SHOWN)} more; --alerts FILE writes them all`);
  return `${lines.join("\n")}\n`;
}

function alertLines({ alert, who, facts }: ToldAlert): string[] {
  const { timestamp, severity, title } = alert;
  const when = timestamp.slice(0, 16).replace("T", " ");
  return [`${when} UTC ${severity}: ${who} ${title}`, facts.slice(0, FACTS).join(" · ")];
}
