/** Pages against labels: what was told, how soon, and what was told for nothing. */

import { HOUR_MS } from "../../../detectors/time/zones.ts";
import type { Fleet } from "./fleet.ts";
import { groupBy } from "./group.ts";
import { DETECTORS_OF, type Label, TOLD_AS_NOTE } from "./label.ts";
import type { Limits } from "./limits.ts";
import type { Page, Watched } from "./watch.ts";

/** Windows of an hour slide on after the cause is gone. */
const GRACE_MS = HOUR_MS;
/** A shift of level may be said once, within this time. */
const SHIFT_SAID_MS = 48 * HOUR_MS;

export interface Outcome {
  readonly label: Label;
  /** Whether anything was paged about the agent in time; of what is told as a note also by one whose business it is. */
  readonly told: boolean;
  /** Whether by a detector whose business it is. */
  readonly named: boolean;
  /** From `countsFrom` to the first page, not below 0; null when it was not told. */
  readonly delayMs: number | null;
  /** Detectors that paged, the first one first. */
  readonly detectors: readonly string[];
}

interface FalsePage extends Page {
  /** Kind of the agent, and what honestly happened to it lately. */
  readonly of: string;
}

export interface FleetScore {
  readonly seed: number;
  readonly agents: number;
  readonly weeks: number;
  readonly events: number;
  readonly outcomes: readonly Outcome[];
  /** In the weeks of watch. */
  readonly pages: number;
  readonly falsePages: readonly FalsePage[];
  /** Honest shifts of level that were said, once each. */
  readonly shiftsSaid: number;
  /** Incidents told as information. */
  readonly notes: number;
  readonly unplaced: Readonly<Record<string, number>>;
}

function covers(label: Label, { agent, at, detector }: Page): boolean {
  if (label.agent !== agent || at < label.from || at > label.to + GRACE_MS) return false;
  // Drift lasts for weeks: only what it drifts in tells of it.
  return label.type !== "slow-poison" || DETECTORS_OF[label.type].includes(detector);
}

/** Whether it is the summary, of no agent, of records that some agent wrote late. It counts for no label. */
function tellsOfLate({ agent, subject, at }: Page, labels: readonly Label[]): boolean {
  if (agent !== "" || subject !== "late") return false;
  return labels.some(({ variant, from, to }) => variant === "backdated" && at >= from && at <= to + GRACE_MS);
}

/** The label that a page is about: the one that began last. */
function causeOf(page: Page, labels: readonly Label[]): Label | undefined {
  return labels
    .filter((label) => covers(label, page))
    .reduce<Label | undefined>((last, label) => {
      return last === undefined || label.from > last.from ? label : last;
    }, undefined);
}

function outcomeOf(label: Label, pages: readonly Page[]): Outcome {
  const [first] = pages;
  const detectors = [...new Set(pages.map(({ detector }) => detector))];
  return {
    label,
    told: first !== undefined,
    named: detectors.some((name) => DETECTORS_OF[label.type].includes(name)),
    delayMs: first === undefined ? null : Math.max(0, first.at - label.countsFrom),
    detectors,
  };
}

/** Scores a fleet. Labels of the history only excuse pages; those of the watch count. */
export function scoreOf(seed: number, fleet: Fleet, { pages, events, notes }: Watched, limits: Limits): FleetScore {
  const { span, labels, profiles } = fleet;
  const byLabel = new Map<string, Page[]>();
  const falsePages: FalsePage[] = [];
  const said = new Set<string>();
  const byAgent = new Map(profiles.map((profile) => [profile.agent, profile]));
  const labelsOf = groupBy(labels, ({ agent }) => agent);
  for (const page of pages) {
    const cause = causeOf(page, labelsOf.get(page.agent) ?? []);
    if (cause !== undefined) {
      const mine = byLabel.get(cause.id) ?? [];
      byLabel.set(cause.id, mine);
      mine.push(page);
      continue;
    }
    if (tellsOfLate(page, labels)) continue;
    if (page.at < span.watchFrom || (page.detector === "budget" && limits.wasUsed(page.agent, page.at))) continue;
    const profile = byAgent.get(page.agent);
    const change = profile?.change;
    const isLate = change === undefined || page.at < change.at || page.at > change.at + SHIFT_SAID_MS;
    if (!isLate && change.times !== 1 && !said.has(page.agent)) {
      said.add(page.agent);
      continue;
    }
    const lately = isLate ? "" : change.times !== 1 ? " after a shift" : " after a deploy";
    falsePages.push({ ...page, of: `${profile?.kind ?? "unknown"}${lately}` });
  }
  for (const note of notes) {
    const cause = causeOf(
      note,
      (labelsOf.get(note.agent) ?? []).filter(({ type }) => TOLD_AS_NOTE.has(type)),
    );
    if (cause === undefined || !DETECTORS_OF[cause.type].includes(note.detector)) continue;
    byLabel.set(
      cause.id,
      [...(byLabel.get(cause.id) ?? []), note].sort((a, b) => a.at - b.at),
    );
  }
  const watched = labels.filter(({ from, type }) => from >= span.watchFrom || type === "slow-poison");
  return {
    seed,
    agents: profiles.length,
    weeks: (span.to - span.watchFrom) / (7 * 24 * HOUR_MS),
    events,
    outcomes: watched.map((label) => outcomeOf(label, byLabel.get(label.id) ?? [])),
    pages: pages.filter(({ at }) => at >= span.watchFrom).length,
    falsePages,
    shiftsSaid: said.size,
    notes: notes.length,
    unplaced: fleet.unplaced,
  };
}
