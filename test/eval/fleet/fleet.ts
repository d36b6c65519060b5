/** A fleet over weeks: its events in time order, an hour in memory at once, and what was done to it. */
import { createZones, DAY_MS, HOUR_MS } from "../../../detectors/time/zones.ts";
import { type Actor, createActor, type Line } from "./actor.ts";
import { daysOff } from "./calendar.ts";
import { randomOf, whole } from "./draws.ts";
import { type Incident, planOf } from "./incidents/plan.ts";
import type { Label } from "./label.ts";
import type { Profile, Span } from "./profile.ts";
import { profilesOf } from "./profiles.ts";
import { createRhythm } from "./rhythm.ts";

export interface FleetOptions {
  readonly seed: number;
  readonly agents: number;
  /** Weeks of history, then weeks of watch. */
  readonly history: number;
  readonly weeks: number;
  /** Incidents per agent over the watch; default 3. 0: none at all, slow drift included. */
  readonly perAgent?: number;
  /** At most so many incidents in a fleet; default 240. */
  readonly mostIncidents?: number;
}

export interface Fleet {
  readonly span: Span;
  readonly profiles: readonly Profile[];
  readonly labels: readonly Label[];
  /** Incidents that fitted nowhere, by type. */
  readonly unplaced: Readonly<Record<string, number>>;
  /** All events, the oldest first; may be asked for once. */
  events(): Generator<Line>;
}

const WEEK_MS = 7 * DAY_MS;
const FIRST_MONDAY = Date.UTC(2026, 0, 5);
/** Different weeks of the year, so that holidays and changes of the clock fall into some of the fleets. */
const WEEKS_OF_BEGINNING = 46;

function spanOf({ seed, history, weeks }: FleetOptions): Span {
  const from = FIRST_MONDAY + whole(0, WEEKS_OF_BEGINNING, randomOf(seed, "begin")) * WEEK_MS;
  const watchFrom = from + history * WEEK_MS;
  return { from, watchFrom, to: watchFrom + weeks * WEEK_MS };
}

/** Lines of an agent pass through the incidents that are under way. */
function altering(incidents: readonly Incident[]): (line: Line) => Line | undefined {
  const byAgent = new Map<string, Incident[]>();
  for (const incident of incidents) {
    if (incident.alter === undefined) continue;
    const mine = byAgent.get(incident.label.agent) ?? [];
    byAgent.set(incident.label.agent, mine);
    mine.push(incident);
  }
  return (line) => {
    const mine = byAgent.get(line.agent);
    if (mine === undefined) return line;
    let out: Line | undefined = line;
    for (const { label, alter } of mine) {
      if (line.at >= label.from && line.at < label.to) out = out === undefined ? undefined : alter?.(out);
    }
    return out;
  };
}

/** The same options give the same events and labels. */
export function fleetOf(options: FleetOptions): Fleet {
  const { seed, agents, perAgent = 3, mostIncidents: most = 240 } = options;
  const zones = createZones();
  const span = spanOf(options);
  const off = daysOff(seed, span.from, span.to, zones);
  const rhythm = createRhythm(seed, off, zones);
  const profiles = profilesOf(seed, agents, span);
  const actors = profiles.map((profile): Actor => createActor(profile, seed, rhythm));
  const plan = planOf({ seed, span, actors, rhythm, off, zones, perAgent, most });
  const { incidents } = plan;

  function* events(): Generator<Line> {
    const alter = altering(incidents);
    const buckets = new Map<number, Line[]>();
    const put = (line: Line): void => {
      const hour = Math.floor(line.at / HOUR_MS) * HOUR_MS;
      const bucket = buckets.get(hour);
      if (bucket === undefined) buckets.set(hour, [line]);
      else bucket.push(line);
    };
    const putAltered = (line: Line): void => {
      const altered = alter(line);
      if (altered !== undefined) put(altered);
    };
    const adding = incidents.filter(({ hourly }) => hourly !== undefined);
    for (let hour = span.from; hour < span.to; hour += HOUR_MS) {
      for (const actor of actors) actor.hour(hour, putAltered);
      for (const { label, hourly } of adding) {
        // Slow drift begins before it can be known.
        if (label.type === "slow-poison" || (hour + HOUR_MS > label.from && hour < label.to + HOUR_MS))
          hourly?.(hour, put);
      }
      const bucket = buckets.get(hour) ?? [];
      buckets.delete(hour);
      bucket.sort((a, b) => a.at - b.at);
      for (const line of bucket) if (line.at < span.to) yield line;
    }
  }

  return { span, profiles, labels: incidents.map(({ label }) => label), unplaced: plan.unplaced, events };
}
