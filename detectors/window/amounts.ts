/** What `spend` and `tool-frequency` share: an agent's last hour, what was told of it and goes on, and its levels. */
import type { Severity } from "../../schemas/finding.ts";
import type { AgentView, DetectorState } from "../detector.ts";
import { AgentLevels } from "../level/agent-levels.ts";
import type { Excess } from "./excess.ts";
import { GOES_ON, Happenings } from "./happening.ts";
import { LastingExcess } from "./lasting.ts";
import { SlidingHour } from "./sliding-hour.ts";

/** Amount a day by which a level must have risen, times the floor of an hour. */
export const LEVEL_FLOOR = 3;

export class AmountState implements DetectorState {
  readonly hour: SlidingHour;
  /** What was told and was not back to normal since. */
  readonly happenings: Happenings;
  readonly levels: AgentLevels;
  /** More than usual for hours on end, series by series. */
  readonly lasting: LastingExcess;

  constructor(hour: SlidingHour, happened?: unknown, levelled?: unknown, lasted?: unknown) {
    this.hour = hour;
    this.happenings = new Happenings(happened);
    this.levels = new AgentLevels(levelled);
    this.lasting = new LastingExcess(lasted);
  }

  save(): SavedAmounts {
    const { hour, happenings, levels, lasting } = this;
    return { hour: hour.save(), happenings: happenings.save(), levels: levels.save(), lasting: lasting.save() };
  }
}

interface SavedAmounts {
  readonly hour: unknown;
  readonly happenings: unknown;
  readonly levels: unknown;
  /** Absent: nothing is known of it yet. */
  readonly lasting?: unknown;
}

export const newAmounts = (): AmountState => new AmountState(new SlidingHour());

/** Version 1 was the hour alone; version 2 wrote it row by row. */
export function loadAmounts(saved: unknown, version: number): AmountState {
  if (version < 2) return new AmountState(SlidingHour.load(saved));
  const { hour, happenings, levels, lasting } = saved as SavedAmounts;
  return new AmountState(SlidingHour.load(hour), happenings, levels, lasting);
}

/** How an excess is said: as what it is, or as what was told before and goes on. */
export interface Saying {
  readonly severity: Severity;
  readonly episode: string | null;
  readonly reason: string;
  readonly facts: readonly string[];
}

/** How this excess is to be said now, which is thereby told; undefined: it is being said already. */
export function sayExcess(
  { happenings }: AmountState,
  view: AgentView,
  { detector, subject, observed }: { readonly detector: string; readonly subject: string; readonly observed: number },
  excess: Pick<Excess, "severity" | "ratio">,
): Saying | undefined {
  const { speaking, zones, settings, now } = view;
  const excessive = { observed, ratio: excess.ratio };
  const goesOn = happenings.goesOn(subject, excessive, now, speaking.of(detector, now));
  const severity = speaking.atLeast(detector, subject, goesOn ? "info" : excess.severity, now);
  if (!speaking.may(detector, subject, severity, now)) return undefined;
  // A note told nobody: the page that may follow is no repetition.
  if (excess.severity !== "info") happenings.told(subject, excessive, now, goesOn);
  if (!goesOn) return { severity, episode: null, reason: "over_baseline", facts: [] };
  // A note of its own each day: the incident that was told would speak again.
  const episode = `goes on ${zones.period(settings.timezone, "day", now).key}`;
  return { severity, episode, reason: GOES_ON, facts: ["told before, and not back to normal since"] };
}
