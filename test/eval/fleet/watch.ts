/** A fleet before the production watch: every line through intake, every event through detectors and incidents. */
import type { Learning } from "../../../detectors/backtest/learner.ts";
import { backtest } from "../../../detectors/backtest.ts";
import type { Detector } from "../../../detectors/detector.ts";
import { createIntake, type Intake } from "../../../ingest/intake/intake.ts";
import { type Config, watchConfigOf } from "../../../schemas/config.ts";
import type { Severity } from "../../../schemas/finding.ts";
import type { Incident } from "../../../schemas/incident.ts";
import type { EventRecord } from "../../../schemas/journal.ts";
import { changingIncidents } from "../../detectors/changing-incidents.ts";
import type { Line } from "./actor.ts";

/** A message that would have gone out for an incident at the severity of a page: its first one, or a new one after it ended. */
export interface Page {
  readonly at: number;
  readonly agent: string;
  readonly detector: string;
  readonly subject: string;
  readonly severity: Severity;
  readonly title: string;
  readonly incident: string;
  readonly reason: "opened" | "raised" | "reopened";
}

export interface Watched {
  readonly events: number;
  readonly pages: readonly Page[];
  /** The same for incidents that are told as information only. */
  readonly notes: readonly Page[];
}

export interface WatchFleetOptions {
  readonly lines: Iterable<Line>;
  readonly config: Config;
  readonly detectors: readonly Detector[];
  /** Default: as in production. */
  readonly learning?: Learning;
  /** Looks at every event beside the watch. */
  readonly onEvent?: (event: EventRecord) => void;
  /** Called about every 10,000 events. */
  readonly progress?: (events: number, at: number) => void;
}

/** Judges a line as the gateway does when it arrives at once. Throws when it is refused: then the simulator is wrong. */
function judged(intake: Intake, { at, fields }: Line, number: number): EventRecord {
  const verdict = intake.line(Buffer.from(JSON.stringify(fields)), number, {
    name: "fleet",
    arrivedAt: at,
    backfill: false,
    identify: (line) => ({ id: `fleet:${line}`, source: "position" }),
  });
  if (verdict.kind === "event") return verdict.event;
  throw new Error(`line ${number}: ${verdict.kind === "refused" ? verdict.letter.reason : "blank"}`);
}

/** Notes each moment at which an incident pages, from the incidents as they change. */
function createPager() {
  const pages: Page[] = [];
  const paged = new Map<string, number>();
  const notes: Page[] = [];
  const noted = new Map<string, number>();
  return {
    pages,
    notes,
    take(incident: Incident): void {
      const { id, severity, hiddenBy, state, agent, detector, subject, title, posts, updatedAt } = incident;
      if (hiddenBy !== null || state === "resolved") return;
      const opening = posts.filter(({ step }) => step === "opened" || step === "reopened").at(-1);
      const openings = posts.filter(({ step }) => step === "opened" || step === "reopened").length;
      const told = severity === "info" ? noted : paged;
      if ((told.get(id) ?? 0) >= openings) return;
      const isFirst = !told.has(id);
      told.set(id, openings);
      const words = { at: updatedAt, agent, detector, subject, severity, title, incident: id };
      if (severity === "info") {
        notes.push({ ...words, reason: isFirst ? "opened" : "reopened" });
        return;
      }
      const reason =
        noted.has(id) && isFirst ? "raised" : opening?.step === "reopened" && !isFirst ? "reopened" : "opened";
      pages.push({ ...words, reason });
    },
  };
}

/** Runs the production watch over the lines, learning on the product's own schedule. */
export async function watchFleet(options: WatchFleetOptions): Promise<Watched> {
  const { lines, config, detectors, learning, onEvent, progress } = options;
  const intake = createIntake({ lineBytes: config.limits.lineBytes, prices: config.prices });
  const pager = createPager();
  let number = 0;
  async function* events(): AsyncGenerator<EventRecord> {
    for (const line of lines) {
      number += 1;
      const event = judged(intake, line, number);
      onEvent?.(event);
      yield event;
    }
  }
  const summary = await backtest({
    detectors,
    events: events(),
    config: watchConfigOf(config),
    schedule: config.baselines.schedule,
    falseAlarmsPerWeek: config.alerts.falseAlarmsPerWeek,
    createWatch: changingIncidents(pager.take),
    onAlert: () => undefined,
    ...(learning === undefined ? {} : { learning }),
    ...(progress === undefined ? {} : { progress }),
  });
  return { events: summary.events, pages: pager.pages, notes: pager.notes };
}
