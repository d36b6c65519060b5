/** The production detectors and incident logic over past events: a fake clock, no sends, the same answers. */
import type { WatchConfig } from "../schemas/config.ts";
import type { Finding } from "../schemas/finding.ts";
import type { Incident } from "../schemas/incident.ts";
import type { EventRecord, JournalRecord, Position } from "../schemas/journal.ts";
import { scopeWords } from "../schemas/scope.ts";
import { createLearner, type Learning } from "./backtest/learner.ts";
import { MemoryCells } from "./backtest/memory-cells.ts";
import { createMemoryPlaces } from "./backtest/memory-places.ts";
import { type BacktestAlert, type BacktestSummary, summarise, type ToldAlert } from "./backtest/summary.ts";
import type { Detector } from "./detector.ts";
import { withLateJudge } from "./late/late-judge.ts";
import { createRunner, type Runner } from "./runner.ts";

/** What a backtest needs of the watch: incidents as they change. The watch of alerting fits as it is. */
export interface BacktestWatch {
  /** Fires what is due first, then takes in the record. */
  process(record: JournalRecord, position: Position): void;
  takeOutputs(): {
    readonly changed: readonly { readonly kind: string; readonly incident?: Incident }[];
    /** Records for the owners of other keys: JSON text for the journal. */
    readonly routed: readonly { readonly value: string }[];
  };
  /** From here on such records leave. */
  caughtUp(): void;
}

export interface BacktestOptions {
  readonly detectors: readonly Detector[];
  /** In the order of the file; `arrived_at` is the line's own, else its timestamp. */
  readonly events: AsyncIterable<EventRecord>;
  readonly config: WatchConfig;
  /** `alerts.falseAlarmsPerWeek`. */
  readonly falseAlarmsPerWeek: number;
  /** `baselines.schedule`, UTC. */
  readonly schedule: string;
  /** Default: as in production. */
  readonly learning?: Learning;
  readonly createWatch: (judge: Runner) => BacktestWatch;
  readonly onAlert: (alert: BacktestAlert) => void;
  /** Called about every 10,000 events. */
  readonly progress?: (events: number, at: number) => void;
}

const PARTITION = 0;
const PROGRESS_EVERY = 10_000;

/** Runs all events and returns what was found; the same file and configuration give the same alerts. */
export async function backtest(options: BacktestOptions): Promise<BacktestSummary> {
  const { config } = options;
  const cells = new MemoryCells();
  const runner = createRunner({ detectors: options.detectors, partition: PARTITION, ticks: false });
  const places = createMemoryPlaces();
  const judge = withLateJudge(
    noting(runner, { flag: (finding) => [cells, places].map((each) => each.flag(finding)) }),
    { detectors: options.detectors, partition: PARTITION },
  );
  const watch = options.createWatch(judge);
  const alerts: ToldAlert[] = [];
  const told = new Set<string>();
  const notes = new Set<string>();
  const learn = createLearner({ ...options, cells, places });
  let offset = 0;
  let events = 0;
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;

  function take(record: JournalRecord, at: number): void {
    watch.process(record, { partition: PARTITION, offset: offset++ });
    settle(at);
  }

  /** Tells what changed. The only partition owns every key: what is meant for others comes back to it. */
  function settle(at: number): void {
    const { changed, routed } = watch.takeOutputs();
    for (const { incident } of changed) {
      // Information is for the review; it is told when it rises.
      if (incident?.severity === "info") notes.add(incident.id);
      if (incident === undefined || incident.severity === "info") continue;
      notes.delete(incident.id);
      if (incident.hiddenBy !== null || told.has(incident.id)) continue;
      told.add(incident.id);
      const alert = alertOf(incident, at);
      const { facts, why } = incident.finding;
      alerts.push({ alert, who: scopeWords(incident.scope), facts: why === "" ? facts : [...facts.slice(0, 3), why] });
      options.onAlert(alert);
    }
    for (const { value } of routed) take(JSON.parse(value) as JournalRecord, at);
  }

  take({ type: "config", at: 0, hash: "backtest", config }, 0);
  watch.caughtUp();
  for await (const event of options.events) {
    for (const record of learn.before(event)) take(record, event.judged_at);
    take(event, event.judged_at);
    cells.add(event);
    from = Math.min(from, event.judged_at);
    to = Math.max(to, event.judged_at);
    if (++events % PROGRESS_EVERY === 0) options.progress?.(events, event.judged_at);
    places.add(event);
  }
  // What waits for its second would leave with the next tick.
  watch.caughtUp();
  settle(to);
  const seen = { events, agents: learn.agents(), notes: notes.size };
  return summarise(seen, events === 0 ? undefined : [from, to], alerts);
}

/** A runner whose findings also mark the hours that are not to be learned. */
function noting(runner: Runner, cells: { flag(finding: Finding): unknown }): Runner {
  return {
    ...runner,
    evaluate(record, position) {
      const findings = runner.evaluate(record, position);
      for (const finding of findings) cells.flag(finding);
      return findings;
    },
  };
}

function alertOf(incident: Incident, at: number): BacktestAlert {
  const { agent, scope, detector, severity, title, observed, expected, id } = incident;
  const of = scope.kind === "agent" ? { agent } : { agent, scope: `${scope.kind}:${scope.name}` };
  return { timestamp: new Date(at).toISOString(), ...of, detector, severity, title, observed, expected, incident: id };
}
