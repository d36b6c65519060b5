/** Work at the wrong hour, no work at all, prices that are missing, records that cannot be right, and slow drift. */
import { DAY_MS, HOUR_MS } from "../../../../detectors/time/zones.ts";
import { pick, poisson } from "../../../../ingest/demo/random.ts";
import { between, oneOf, whole } from "../draws.ts";
import {
  changed,
  hourOf,
  nameOf,
  onceAt,
  overlap,
  type Recipe,
  runsBetween,
  type Scene,
  toolsOf,
  usesOf,
} from "./scene.ts";
import { windowOf } from "./window.ts";

/** Work at an hour at which this agent never works, on no day of the week, with two hours to spare on either side. */
export const offHours: Recipe = (scene, at) => {
  const { profile, actor, random, rhythm } = scene;
  if (profile.kind !== "office" && profile.kind !== "batch" && profile.kind !== "spender") return undefined;
  if (at - profile.bornAt < 15 * DAY_MS) return undefined;
  for (let hour = hourOf(at) - 3 * HOUR_MS; hour <= at + 3 * HOUR_MS; hour += HOUR_MS) {
    if (rhythm.expected(profile, hour) > 0) return undefined;
  }
  if (isWorkedSometimes(scene, at)) return undefined;
  const runs = whole(1, 5, random);
  return {
    from: at,
    to: at + HOUR_MS,
    variant: `${runs} runs`,
    hourly: onceAt(at, (push) => {
      for (let n = 0; n < runs; n++) {
        actor.perform(pick(profile.workflows, random), at + n * 600_000, { run: nameOf(scene, n), random, push });
      }
    }),
  };
};

/** Whether the agent works on a like day around that hour: a holiday's morning is no strange hour. */
function isWorkedSometimes({ profile, rhythm }: Scene, at: number): boolean {
  for (let week = 1; week <= 2; week++) {
    for (let near = -2; near <= 2; near++) {
      if (rhythm.expected(profile, hourOf(at) - week * 7 * DAY_MS + near * HOUR_MS) > 0) return true;
    }
  }
  return false;
}

/** Events an hour at the least of an agent whose silence says something. */
const ALWAYS = 3;

/** Not a line from an agent that always logs, or on a whole working day of one that works on each. */
export const silence: Recipe = (scene, at) => {
  const { profile, random, off } = scene;
  const calls = usesOf(scene, () => true) + (profile.pollMs > 0 ? HOUR_MS / profile.pollMs / profile.level : 0);
  const alter = () => undefined;
  if (profile.kind === "poller" || profile.kind === "steady") {
    const to = at + whole(6, 18, random) * HOUR_MS;
    for (let hour = hourOf(at); hour < to; hour += HOUR_MS) {
      if (runsBetween(scene, hour, hour + HOUR_MS) * calls < ALWAYS) return undefined;
    }
    return { from: at, to, variant: "always-on", alter };
  }
  if (profile.kind !== "office" || off.share(profile.zone, at) < 1) return undefined;
  // From an hour before work begins to the end of the day.
  const isMorning =
    runsBetween(scene, at, at + HOUR_MS) === 0 && runsBetween(scene, at + HOUR_MS, at + 3 * HOUR_MS) > 2;
  return isMorning
    ? { from: at, to: at + 14 * HOUR_MS, variant: "working-day", countsFrom: at + HOUR_MS, alter }
    : undefined;
};

/** Calls of a model whose price nobody knows. */
export const priceCoverage: Recipe = (scene, at) => {
  const window = windowOf(scene, at, { of: ({ thinks }) => (thinks ? 1 : 0), spread: 0 });
  if (window === undefined) return undefined;
  return {
    from: at,
    to: window.to + HOUR_MS,
    variant: "unknown-model",
    alter: (line) => (line.fields.model === undefined ? line : changed(line, { model: "preview-x", cost: undefined })),
  };
};

/** Records that cannot be right: written hours late in one go, a clock that runs ahead, an identity with two contents. */
export const integrity: Recipe = (scene, at) => {
  const { actor, random } = scene;
  if (runsBetween(scene, at, at + HOUR_MS) < 0.3) return undefined;
  const variant = oneOf(["backdated", "clock-ahead", "same-id"] as const, random);
  const tool = oneOf(toolsOf(scene), random);
  const count = whole(6, 20, random);
  return {
    from: at,
    to: at + count * 20_000,
    variant,
    hourly: onceAt(at, (push) => {
      const told = (n: number): number => {
        const when = at + n * 20_000;
        if (variant === "backdated") return when - between(3, 30, random) * HOUR_MS;
        return variant === "clock-ahead" ? when + 5 * HOUR_MS : when;
      };
      for (let n = 0; n < count; n++) {
        const identity = variant === "same-id" ? { id: nameOf(scene, "1x") } : {};
        const more = { timestamp: new Date(Math.round(told(n))).toISOString(), ...identity };
        actor.call(tool, at + n * 20_000, { run: nameOf(scene), random, more }, push);
      }
    }),
  };
};

/** What slow drift reaches, times the usual. */
const END_TIMES: readonly number[] = [3, 4, 6];

/** A little more of one tool every day, from the second week on, until it is several times the usual. */
export const slowPoison: Recipe = (scene) => {
  const { profile, actor, random, rhythm, span } = scene;
  if (
    (profile.kind !== "office" && profile.kind !== "steady") ||
    profile.bornAt > span.from ||
    profile.change !== undefined
  )
    return undefined;
  const [tool, uses] = [...profile.uses].reduce((most, one) => (one[1] > most[1] ? one : most));
  const begin = span.from + 8 * DAY_MS;
  const end = oneOf(END_TIMES, random);
  const days = (span.to - begin) / DAY_MS;
  const timesAt = (at: number): number => (at < begin ? 1 : end ** ((at - begin) / DAY_MS / days));
  // It can be known from where it doubled.
  const from = Math.round(begin + (Math.log(2) / Math.log(end)) * days * DAY_MS);
  return {
    from,
    to: span.to,
    variant: `to ${end} times`,
    hourly(hour, push) {
      const part = overlap(hour, begin, span.to);
      const extra = poisson((timesAt(hour) - 1) * rhythm.expected(profile, hour) * uses * part, random);
      for (let n = 0; n < extra; n++)
        actor.call(tool, hour + random() * part * HOUR_MS, { run: nameOf(scene), random }, push);
    },
  };
};
