/** Learning in a backtest: what production does on its schedule, between two events. */
import type { WatchConfig } from "../../schemas/config.ts";
import type { EventRecord, JournalRecord } from "../../schemas/journal.ts";
import { calibrate } from "../calibration/calibrate.ts";
import type { AgentPeaks } from "../learning/agent-peaks.ts";
import { learnAgent } from "../learning/learn-agent.ts";
import { createSettings } from "../runner/settings.ts";
import { createZones } from "../time/zones.ts";
import { floorsOf } from "../window/excess.ts";
import { createCronClock } from "./cron-clock.ts";
import type { MemoryCells } from "./memory-cells.ts";
import type { MemoryPlaces } from "./memory-places.ts";

/** What learning comes down to: an agent's history to what is expected of it, all of their pasts to thresholds. */
export interface Learning {
  readonly learnAgent: typeof learnAgent;
  readonly calibrate: typeof calibrate;
}

export interface LearnerOptions {
  readonly config: WatchConfig;
  /** `baselines.schedule`, UTC. */
  readonly schedule: string;
  /** `alerts.falseAlarmsPerWeek`. */
  readonly falseAlarmsPerWeek: number;
  readonly cells: MemoryCells;
  readonly places: Pick<MemoryPlaces, "learned">;
  /** Default: as in production. */
  readonly learning?: Learning;
}

export interface Learner {
  /** What was learned since the event before, to stand before this one: baselines of all agents, the calibration, then what peers know. */
  before(event: EventRecord): Iterable<JournalRecord>;
  /** How many agents there are. */
  agents(): number;
}

/** Learns the fleet with the first event after a scheduled moment, up to that moment: what production learned then. */
export function createLearner(options: LearnerOptions): Learner {
  const { config, schedule, falseAlarmsPerWeek, cells, places, learning = { learnAgent, calibrate } } = options;
  const zones = createZones();
  const cron = createCronClock(schedule);
  const settingsOf = createSettings(config);
  const { toolsPerAgent: toolLimit } = config.limits;
  let clock = Number.NEGATIVE_INFINITY;
  let learnedAt: number | undefined;

  function* learnAll(now: number): Generator<JournalRecord> {
    const peaks: AgentPeaks[] = [];
    for (const agent of cells.agents()) {
      const history = cells.history(agent, now);
      if (history === undefined) continue;
      const settings = settingsOf(agent);
      const { timezone } = settings;
      const learned = learning.learnAgent({ ...history, timezone, floors: floorsOf(settings), now, zones, toolLimit });
      if (learned === undefined) continue;
      peaks.push(learned.peaks);
      yield learned.record;
    }
    const calibration = learning.calibrate(peaks, falseAlarmsPerWeek, now);
    if (calibration !== undefined) yield calibration;
    yield places.learned(now);
  }

  return {
    agents: () => cells.agents().length,
    before(event) {
      clock = Math.max(clock, event.arrived_at);
      const due = cron.lastDue(clock);
      if (due === undefined || (learnedAt !== undefined && due <= learnedAt)) return [];
      learnedAt = due;
      return learnAll(due);
    },
  };
}
