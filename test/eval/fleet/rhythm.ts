/** How much an agent works at a moment. */
import { DAY_MS, HOUR_MS, type Zones } from "../../../detectors/time/zones.ts";
import { logNormal } from "../../../ingest/demo/random.ts";
import type { DaysOff } from "./calendar.ts";
import { between, gammaFactor, randomOf } from "./draws.ts";
import type { Profile } from "./profile.ts";

const SATURDAY = 5;

/** Standard deviation of the logarithm of a day's share, for all but pollers. */
export const DAY_SPREAD = 0.12;

/** Share of the height by local day (0 = Monday) and hour. */
function shareOf({ kind, begins }: Profile, day: number, hour: number): number {
  const weekend = day >= SATURDAY;
  const into = hour - begins;
  switch (kind) {
    case "poller":
      return 1;
    case "office": {
      if (weekend || into < 0 || into > 12) return 0;
      // People leave after nine hours; some stay on.
      if (into >= 9) return into >= 11 ? 0.03 : 0.1;
      return into === 4 ? 0.5 : 0.65 + 0.35 * Math.sin((into / 9) * Math.PI);
    }
    case "steady":
      return (0.4 + 0.6 * Math.max(0, Math.sin(((hour - 6) / 18) * Math.PI))) * (weekend ? 0.6 : 1);
    case "batch":
      return hour === begins ? (day === 6 ? 1.5 : 1) : 0;
    case "bursty":
      return (0.6 + 0.4 * Math.max(0, Math.sin(((hour - 5) / 20) * Math.PI))) * (weekend ? 0.75 : 1);
    case "spender":
      return into < 0 || into > 13 ? 0 : weekend ? 0.3 : 0.8;
    case "sparse":
      return weekend || into < 0 || into > 8 ? 0 : 1;
  }
}

const byPeople = ({ kind }: Profile): boolean => kind === "office" || kind === "sparse" || kind === "spender";

/** A burst that is fine: load that comes now and then. */
interface Burst {
  readonly from: number;
  readonly to: number;
  readonly times: number;
}

export interface Rhythm {
  /** Runs expected in the UTC hour that begins here, changes and days off taken in; chance left out. */
  expected(profile: Profile, hour: number): number;
  /** The same with the chance of the day, of the hour and of bursts. */
  drawn(profile: Profile, hour: number): number;
}

/** Rhythms of a fleet; pure but for caches of local time. */
export function createRhythm(seed: number, off: DaysOff, zones: Zones): Rhythm {
  function burstOf({ agent, burstsPerWeek }: Profile, day: number): Burst | undefined {
    const random = randomOf(seed, agent, "burst", day);
    if (random() >= burstsPerWeek / 7) return undefined;
    const from = day * DAY_MS + between(0, 20 * HOUR_MS, random);
    return { from, to: from + between(0.7, 2.5, random) * HOUR_MS, times: between(2, 5, random) };
  }

  function expected(profile: Profile, hour: number): number {
    if (hour < profile.bornAt) return 0;
    const cell = zones.hourOfWeek(profile.zone, hour);
    const share = shareOf(profile, Math.floor(cell / 24), cell % 24);
    if (share === 0) return 0;
    const people = byPeople(profile) ? off.share(profile.zone, hour) : 1;
    const { change } = profile;
    return profile.level * share * people * (change !== undefined && hour >= change.at ? change.times : 1);
  }

  return {
    expected,
    drawn(profile, hour) {
      const mean = expected(profile, hour);
      if (mean === 0) return 0;
      const day = Math.floor(hour / DAY_MS);
      const spread = profile.kind === "poller" ? 0.05 : DAY_SPREAD;
      const ofDay = logNormal(1, spread, randomOf(seed, profile.agent, "day", day));
      const ofHour = gammaFactor(profile.steadiness, randomOf(seed, profile.agent, "hour", hour));
      const burst = profile.burstsPerWeek > 0 ? burstOf(profile, day) : undefined;
      const inBurst =
        burst === undefined ? 0 : Math.max(0, Math.min(burst.to, hour + HOUR_MS) - Math.max(burst.from, hour));
      const ofBurst = 1 + ((burst?.times ?? 1) - 1) * (inBurst / HOUR_MS);
      return mean * ofDay * ofHour * ofBurst;
    },
  };
}
