/** Learning as a pure function: an agent's hourly cells to what is expected of it in the next 48 hours. */
import type { BaselineRow, BaselineSeries, BaselineState } from "../../schemas/baseline.ts";
import { unwrittenOptions } from "../../schemas/detector-options.ts";
import type { BaselineRecord } from "../../schemas/journal.ts";
import { HOUR_MS, type Zones } from "../time/zones.ts";
import { type Floors, floorsOf } from "../window/excess.ts";
import { activityOf } from "./activity.ts";
import { adopt, alignSteps } from "./adoption.ts";
import { type AgentPeaks, agentPeaks } from "./agent-peaks.ts";
import { baselineRows, type LearnedSeries } from "./baseline-rows.ts";
import { type AgentHistory, type HourCell, NEEDED_DAYS, NEEDED_DAYS_OF_HOURS, RECENT_DAYS } from "./cells.ts";
import { type Estimate, estimate } from "./estimate.ts";
import { withoutExpected } from "./flagged.ts";
import { type Level, levelOf } from "./levels.ts";
import { type PastScores, pastScores } from "./past-scores.ts";
import { short } from "./short.ts";
import { type Samples, samplesOf, type Timeline, timelineOf } from "./timeline.ts";

/** Hours that a baseline speaks of, from the hour before it was learned: the last hour is judged by it at once. */
const EXPECTED_HOURS = 48;

export interface LearnInput extends AgentHistory {
  /** IANA zone in which the agent's week is read. */
  readonly timezone: string;
  readonly now: number;
  readonly zones: Zones;
  /** Tools with a series of their own; the busiest ones. */
  readonly toolLimit: number;
  /** The agent's least excesses; the defaults when left out. */
  readonly floors?: Floors;
}

export interface Learned {
  readonly record: BaselineRecord;
  /** For table `baselines`. */
  readonly rows: () => readonly BaselineRow[];
  /** What calibration takes of it. */
  readonly peaks: AgentPeaks;
}

/** The state a person sees while it warms up: "learning, 3 of 7 days". */
export function stateText({ state, days, needed }: BaselineSeries): string {
  return state === "ready" ? "ready" : `learning, ${Math.floor(days)} of ${needed} days`;
}

function stateAfter(hours: number, needed: number): { state: BaselineState; days: number; needed: number } {
  const days = short(hours / 24);
  return { state: days >= needed ? "ready" : "learning", days, needed };
}

function isCall(cell: HourCell): boolean {
  return cell.kind !== "decision";
}

function callsOf(cells: readonly HourCell[]): number {
  return cells.reduce((sum, cell) => sum + (isCall(cell) ? cell.events : 0), 0);
}

function busiestTools(cells: readonly HourCell[], limit: number): string[] {
  const calls = new Map<string, number>();
  for (const cell of cells) if (isCall(cell)) calls.set(cell.tool, (calls.get(cell.tool) ?? 0) + cell.events);
  const ranked = [...calls].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return ranked.slice(0, limit).map(([tool]) => tool);
}

function allSamples(timeline: Timeline, input: LearnInput): Samples[] {
  const events = (cell: HourCell) => cell.events;
  const byTool = new Map<string, HourCell[]>();
  for (const cell of input.cells) {
    if (!isCall(cell)) continue;
    const known = byTool.get(cell.tool);
    if (known === undefined) byTool.set(cell.tool, [cell]);
    else known.push(cell);
  }
  return [
    samplesOf(timeline, input, "calls", "", (cell) => (isCall(cell) ? cell.events : 0)),
    samplesOf(timeline, input, "spend", "", (cell) => cell.cost),
    ...busiestTools(input.cells, input.toolLimit).map((tool) =>
      samplesOf(timeline, { ...input, cells: byTool.get(tool) ?? [] }, "tool", tool, events),
    ),
  ];
}

function levelRecord(level: Level | undefined): Pick<BaselineSeries, "level"> {
  if (level === undefined) return {};
  const { now, earlier, busy, step } = level;
  const amounts = { now: short(now), earlier: short(earlier), busy: short(busy) };
  return { level: { ...amounts, ...(step === undefined ? {} : { step: { ...step, times: short(step.times) } }) } };
}

/** Learns one agent; undefined when its history holds no whole hour. */
export function learnAgent(asked: LearnInput): Learned | undefined {
  const input = { ...asked, flagged: withoutExpected(asked.flagged, asked.expected ?? []) };
  const { agent, now, timezone, zones } = input;
  const timeline = timelineOf(input.cells, now, timezone, zones);
  if (timeline === undefined) return undefined;
  const from = Math.floor(now / HOUR_MS) * HOUR_MS - HOUR_MS;
  const ahead = Uint8Array.from({ length: EXPECTED_HOURS }, (_, h) => zones.hourOfWeek(timezone, from + h * HOUR_MS));
  const amounts = ({ expected }: Estimate): number[] => Array.from(ahead, (cell) => short(expected[cell] as number));
  const recentFrom = timeline.hours - RECENT_DAYS * 24;
  const series: LearnedSeries[] = [];
  const pasts: PastScores[] = [];
  const told = new Set(input.flagged.map(({ hour }) => hour));
  const { floors = floorsOf({ detectors: unwrittenOptions() }) } = input;

  const learned = allSamples(timeline, input);
  const levels = alignSteps(learned.map((samples) => levelOf(timeline, samples)));
  for (const [index, found] of learned.entries()) {
    const { samples, level } = adopt(timeline, found, levels[index]);
    const long = estimate(timeline, samples);
    const recent = estimate(timeline, samples, recentFrom);
    const { series: name, subject } = samples;
    const state = stateAfter(timeline.hours - Math.min(samples.first, timeline.hours), NEEDED_DAYS);
    const minExcess = name === "spend" ? floors.usd : floors.calls;
    pasts.push(pastScores(timeline, samples, long, { minExcess, told }));
    const figures = { dispersion: short(long.dispersion), unit: short(long.unit), ...levelRecord(level) };
    const learnedOf = { expected: amounts(long), recent: amounts(recent), ...figures };
    series.push({ one: { series: name, subject, ...state, ...learnedOf }, of: long });
  }
  const work = samplesOf(timeline, input, "hours", "", (cell) => cell.events);
  const { share, days } = activityOf(timeline, work.values);
  const hours = Array.from(ahead, (cell) => short(share[cell] as number));
  const state = stateAfter(timeline.hours, NEEDED_DAYS_OF_HOURS);
  const activity = { expected: hours, recent: hours, dispersion: 0, unit: 1 };
  series.push({
    one: { series: "hours", subject: "", ...state, ...activity },
    of: { expected: share, samples: days },
  });
  const peaks = agentPeaks(agent, { weeks: timeline.hours / (7 * 24), calls: callsOf(input.cells) }, pasts);
  return {
    record: { type: "baseline", agent, at: now, from, series: series.map(({ one }) => one) },
    rows: () => series.flatMap((one) => baselineRows(agent, one, now)),
    peaks,
  };
}
