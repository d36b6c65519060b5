/** Hourly cells in memory: what ClickHouse's roll-ups hold in production. */
import type { Finding } from "../../schemas/finding.ts";
import type { EventKind, EventRecord, ExpectedRecord } from "../../schemas/journal.ts";
import {
  type AgentHistory,
  type ExpectedSpan,
  type FlaggedHour,
  HISTORY_DAYS,
  type HourCell,
} from "../learning/cells.ts";
import { LEVEL_REASONS } from "../level/statement.ts";
import { DAY_MS, HOUR_MS } from "../time/zones.ts";
import { GOES_ON } from "../window/happening.ts";

interface Cell {
  readonly hour: number;
  readonly kind: EventKind;
  readonly tool: string;
  events: number;
  cost: number;
  unpriced: number;
}

interface AgentCells {
  cells: Map<string, Cell>;
  flagged: Map<string, FlaggedHour>;
  expected: ExpectedSpan[];
}

const hourOf = (at: number): number => Math.floor(at / HOUR_MS) * HOUR_MS;

/** Cells and flagged hours by agent; forgets what is older than learning looks back. */
export class MemoryCells {
  readonly #agents = new Map<string, AgentCells>();

  add(event: EventRecord): void {
    const { cells } = this.#of(event.agent);
    const hour = hourOf(event.judged_at);
    const key = `${hour} ${event.kind} ${event.tool}`;
    let cell = cells.get(key);
    if (cell === undefined) {
      cell = { hour, kind: event.kind, tool: event.tool, events: 0, cost: 0, unpriced: 0 };
      cells.set(key, cell);
    }
    cell.events++;
    if (event.cost !== undefined) cell.cost += Number(event.cost);
    if (event.unpriced === true) cell.unpriced++;
  }

  /** Agents with an event that is remembered, in the order of their names. */
  agents(): readonly string[] {
    return [...this.#agents].flatMap(([name, { cells }]) => (cells.size > 0 ? [name] : [])).sort();
  }

  /** Notes taint nothing, but for those of what was told before and goes on. */
  flag({ agent, detector, subject, severity, window, at, reason }: Finding): void {
    if ((severity === "info" && reason !== GOES_ON) || LEVEL_REASONS.includes(reason)) return;
    const { flagged } = this.#of(agent);
    for (const hour of [hourOf(window.from), hourOf(at)]) {
      flagged.set(`${detector} ${subject} ${hour}`, { detector, subject, hour });
    }
  }

  /** Somebody said that what was flagged is as it should be. */
  expect({ agent, detector, subject, from, to }: ExpectedRecord): void {
    this.#of(agent).expected.push({ detector, subject, from, to });
  }

  /** What is known of an agent up to `now`; undefined when nothing is. */
  history(agent: string, now: number): AgentHistory | undefined {
    const known = this.#agents.get(agent);
    if (known === undefined) return undefined;
    const oldest = hourOf(now) - HISTORY_DAYS * DAY_MS;
    for (const [key, { hour }] of known.cells) if (hour < oldest) known.cells.delete(key);
    for (const [key, { hour }] of known.flagged) if (hour < oldest) known.flagged.delete(key);
    const cells: HourCell[] = [...known.cells.values()];
    known.expected = known.expected.filter(({ to }) => to >= oldest);
    return { agent, cells, flagged: [...known.flagged.values()], expected: known.expected };
  }

  #of(agent: string): AgentCells {
    let known = this.#agents.get(agent);
    if (known === undefined) {
      known = { cells: new Map(), flagged: new Map(), expected: [] };
      this.#agents.set(agent, known);
    }
    return known;
  }
}
