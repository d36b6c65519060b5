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

export interface BacktestSummary {
  readonly events: number;
  readonly agents: number;
  /** Unix milliseconds of the first and last event; null without events. */
  readonly from: number | null;
  readonly to: number | null;
  readonly alerts: number;
  readonly byDetector: Readonly<Record<string, number>>;
  readonly alertsPerWeek: number;
}

const WEEK_MS = 7 * 86_400_000;

export function summarise(
  events: number,
  agents: number,
  span: readonly [from: number, to: number] | undefined,
  alerts: readonly BacktestAlert[],
): BacktestSummary {
  const byDetector: Record<string, number> = {};
  for (const { detector } of alerts) byDetector[detector] = (byDetector[detector] ?? 0) + 1;
  const weeks = span === undefined ? 0 : Math.max(1, (span[1] - span[0]) / WEEK_MS);
  return {
    events,
    agents,
    from: span?.[0] ?? null,
    to: span?.[1] ?? null,
    alerts: alerts.length,
    byDetector,
    alertsPerWeek: weeks === 0 ? 0 : Number((alerts.length / weeks).toFixed(2)),
  };
}

const day = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** Plain text, a line per thing. */
export function summaryText(summary: BacktestSummary): string {
  const { events, agents, from, to, alerts, byDetector, alertsPerWeek } = summary;
  if (from === null || to === null) return "No events.\n";
  const lines = [
    `${plural(events, "event")} of ${plural(agents, "agent")}, ${day(from)} to ${day(to)}`,
    `${plural(alerts, "alert")}, ${alertsPerWeek} a week`,
  ];
  for (const [detector, count] of Object.entries(byDetector).sort(([a], [b]) => (a < b ? -1 : 1))) {
    lines.push(`  ${detector.padEnd(16)} ${countText(count)}`);
  }
  return `${lines.join("\n")}\n`;
}
