/** What an agent's levels say when something was learned: a new level that stays, or growth too slow for any day to show it. */
import type { BaselineSeries, SeriesName } from "../../schemas/baseline.ts";
import type { Finding, Severity } from "../../schemas/finding.ts";
import type { BaselineRecord } from "../../schemas/journal.ts";
import type { AgentView } from "../detector.ts";
import { DAY_MS } from "../time/zones.ts";
import { Anchors, type LevelChange } from "./anchors.ts";
import { levelFinding } from "./statement.ts";

/** Under this name it is remembered what was said of levels, whichever detector said it. */
const SPOKEN = "level";
/** For so long the same cause is not told again. */
const SAID_MS = 14 * DAY_MS;
/** Beginnings of one step, as read from two series, differ by less. */
const SAME_STEP_MS = 3 * DAY_MS;
/** Times what was said that is news again. */
const BEYOND_STEP = 1.5;
const BEYOND_GROWTH = 2;
/** All else rose by less than this: then it is the matter of one tool. */
const REST_ROSE = 0.25;
/** Share of the whole that all else is taken to be, at least. */
const LEAST_REST = 0.1;
/** From so many times on a step is told at once by those who judge hours; if it was not, it is now. */
const TOLD_BY_HOURS = 3;

export interface LevelQuestion {
  readonly detector: "tool-frequency" | "spend";
  /** Series that this detector speaks about; the first one is all of it together. */
  readonly series: readonly [SeriesName, ...SeriesName[]];
  /** Amount a day by which a level must have risen: calls, or dollars. */
  readonly minADay: number;
  /** An excess was told in the last days, and has not been back to normal. */
  readonly isToldAsExcess: boolean;
}

const ratioOf = ({ before, after }: LevelChange): number => after / before;
const riseOf = ({ before, after }: LevelChange): number => after - before;

/** The levels of one detector's series of one agent. */
export class AgentLevels {
  readonly #anchors: Anchors;

  constructor(saved?: unknown) {
    this.#anchors = new Anchors(saved);
  }

  /** At most one finding for each kind of change, about what explains most of it. */
  take(record: BaselineRecord, view: AgentView, question: LevelQuestion): readonly Finding[] {
    const mine = record.series.filter(({ series }) => question.series.includes(series));
    const all = record.series.find(({ series }) => series === "calls");
    const changes = this.#anchors.take(mine, record.at, { all, least: question.minADay / 24 });
    return (["growth", "step"] as const).flatMap((kind) => {
      const told = causeOf(
        changes.filter((change) => change.kind === kind),
        question.series[0],
      );
      if (told === undefined) return [];
      const severity = kind === "growth" ? growthSeverity(told, view) : stepSeverity(told, view, question);
      if (severity === undefined) return [];
      const { now } = view;
      const [subject, ratio] = [`${kind} ${told.since}`, ratioOf(told)];
      const most = view.speaking.atLeast(SPOKEN, subject, severity, now);
      const known = { detector: SPOKEN, subject, severity: most, ratio, causes: [] };
      view.speaking.said({ ...known, at: now, quietAfterMs: SAID_MS });
      return [levelFinding(told, severity, question.detector, view)];
    });
  }

  save(): unknown {
    return this.#anchors.save();
  }
}

/** The change of one tool where all else stayed, else the whole, else the greatest. */
function causeOf(changes: readonly LevelChange[], whole: SeriesName): LevelChange | undefined {
  const all = changes.find(({ series }) => series.series === whole);
  const [greatest] = changes.filter((change) => change !== all).sort((a, b) => riseOf(b) - riseOf(a) || order(a, b));
  if (all === undefined || greatest === undefined) return all ?? greatest;
  const rest = Math.max(LEAST_REST * all.before, all.before - greatest.before);
  return riseOf(all) - riseOf(greatest) < REST_ROSE * rest ? greatest : all;
}

function order({ series: a }: LevelChange, { series: b }: LevelChange): number {
  return nameOf(a) < nameOf(b) ? -1 : 1;
}

const nameOf = ({ series, subject }: BaselineSeries): string => `${series} ${subject}`;

/** A page, unless one of the last two weeks tells as much. */
function growthSeverity(change: LevelChange, view: AgentView): Severity {
  const paged = view.speaking.of(SPOKEN, view.now).filter(({ severity }) => severity !== "info");
  return paged.some(({ ratio }) => ratioOf(change) < BEYOND_GROWTH * ratio) ? "info" : "warning";
}

/** A note; a page where nobody was told of what is this high, or where steps add up. Undefined: it was said. */
function stepSeverity(change: LevelChange, view: AgentView, question: LevelQuestion): Severity | undefined {
  const said = view.speaking.of(SPOKEN, view.now);
  const isSaid = said.some(({ subject, ratio }) => {
    const [kind, since] = subject.split(" ");
    const isSame = kind === "step" && Math.abs(Number(since) - change.since) <= SAME_STEP_MS;
    return isSame && ratioOf(change) < BEYOND_STEP * ratio;
  });
  if (isSaid) return undefined;
  const isNew = ratioOf(change) >= TOLD_BY_HOURS && !question.isToldAsExcess;
  return change.isRepeated || isNew ? "warning" : "info";
}
