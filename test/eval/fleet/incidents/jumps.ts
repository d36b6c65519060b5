/** Amounts that jump: calls, dollars, bytes, tokens, times. The size is swept. */
import { HOUR_MS } from "../../../../detectors/time/zones.ts";
import { pick, poisson } from "../../../../ingest/demo/random.ts";
import type { Line } from "../actor.ts";
import { oneOf, whole } from "../draws.ts";
import { tokenVariation } from "../profile.ts";
import type { Tool } from "../tools.ts";
import { changed, nameOf, overlap, type Recipe, runsBetween, toolsOf } from "./scene.ts";
import { windowOf } from "./window.ts";

/** One tool used so many times as often, with other arguments each time. */
export const toolFrequency: Recipe = (scene, at, magnitude) => {
  const { profile, actor, random, rhythm } = scene;
  const tool = oneOf(toolsOf(scene), random);
  const uses = profile.uses.get(tool) ?? 0;
  const window = windowOf(scene, at, { of: (one) => (one === tool ? 1 : 0), spread: 0 });
  if (window === undefined) return undefined;
  const { to, normal } = window;
  return {
    from: at,
    to,
    normal,
    variant: tool.thinks ? "model" : "tool",
    hourly(hour, push) {
      const part = overlap(hour, at, to);
      const extra = poisson((magnitude - 1) * rhythm.expected(profile, hour) * uses * part, random);
      const begin = Math.max(hour, at);
      for (let n = 0; n < extra; n++)
        actor.call(tool, begin + random() * part * HOUR_MS, { run: nameOf(scene), random }, push);
    },
  };
};

const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

/** The named fields of a line, multiplied; the line itself when it has none of them. */
function times(line: Line, factor: number, fields: readonly string[]): Line {
  const more: Record<string, number> = {};
  for (const field of fields) {
    const value = number(line.fields[field]);
    if (value !== undefined)
      more[field] = field === "cost" ? Number((value * factor).toFixed(6)) : Math.round(value * factor);
  }
  return Object.keys(more).length === 0 ? line : changed(line, more);
}

/** So many times the usual spend: each call dearer, or more work. */
export const spend: Recipe = (scene, at, magnitude) => {
  const { profile, actor, random, rhythm } = scene;
  const window = windowOf(scene, at, { of: ({ thinks }) => (thinks ? 1 : 0), spread: tokenVariation(profile) });
  if (window === undefined) return undefined;
  const { to, normal } = window;
  if (random() < 0.6) {
    const alter = (line: Line) => times(line, magnitude, ["cost", "input_tokens", "output_tokens"]);
    return { from: at, to, normal, variant: "dearer", alter };
  }
  return {
    from: at,
    to,
    normal,
    variant: "more-work",
    hourly(hour, push) {
      const part = overlap(hour, at, to);
      const extra = poisson((magnitude - 1) * rhythm.expected(profile, hour) * part, random);
      for (let n = 0; n < extra; n++) {
        const start = Math.max(hour, at) + random() * part * HOUR_MS;
        actor.perform(pick(profile.workflows, random), start, {
          run: nameOf(scene, `${Math.floor(hour / HOUR_MS) % 1000}${n}`),
          random,
          push,
        });
      }
    },
  };
};

/** So many times the bytes, to places that are known. */
export const outbound: Recipe = (scene, at, magnitude) => {
  const window = windowOf(scene, at, { of: ({ bytes }) => bytes, spread: 0.3 });
  if (window === undefined) return undefined;
  const { to, normal } = window;
  return { from: at, to, normal, variant: "bytes", alter: (line) => times(line, magnitude, ["bytes_out"]) };
};

/** So many times the tokens, the time, the processor or the memory of a call. */
export const resource: Recipe = (scene, at, magnitude) => {
  const { profile, random } = scene;
  const variants = ["tokens", "duration", ...(profile.measures ? ["cpu", "memory"] : [])] as const;
  const variant = oneOf(variants, random);
  const fields: Readonly<Record<string, readonly string[]>> = {
    tokens: ["input_tokens", "output_tokens", "cost"],
    duration: ["duration_ms"],
    cpu: ["cpu_percent"],
    memory: ["memory_bytes"],
  };
  const isTokens = variant === "tokens";
  const of = ({ thinks }: Tool): number => (!isTokens || thinks ? 1 : 0);
  const window = windowOf(scene, at, { of, spread: isTokens ? tokenVariation(profile) : 0.2 });
  if (window === undefined) return undefined;
  const { to, normal } = window;
  return { from: at, to, normal, variant, alter: (line) => times(line, magnitude, fields[variant] ?? []) };
};

/** What was spent of a written budget when it is over: each step should speak. */
const STEPS = [0.8, 0.95, 1.2];

/** Spend that creeps up to a step of the day's written budget, in calls of ordinary size. */
export const budget: Recipe = (scene, at) => {
  const { profile, actor, random, zones } = scene;
  const { budget: dollars } = profile;
  const tool = oneOf(
    toolsOf(scene, ({ thinks }) => thinks),
    random,
  );
  if (dollars === undefined || tool === undefined || runsBetween(scene, at, at + HOUR_MS) === 0) return undefined;
  const { end } = zones.period(profile.zoneWritten ? profile.zone : "UTC", "day", at);
  const takes = whole(2, 4, random) * HOUR_MS;
  if (at + takes > end) return undefined;
  const used = oneOf(STEPS, random);
  const count = 40;
  return {
    from: at,
    to: at + takes,
    variant: `${used * 100} %`,
    hourly(hour, push) {
      for (let n = 0; n < count; n++) {
        const time = at + (n * takes) / count;
        if (time < hour || time >= hour + HOUR_MS) continue;
        actor.call(
          tool,
          time,
          { run: nameOf(scene), random, more: { cost: Number(((used * dollars) / count).toFixed(6)) } },
          push,
        );
      }
    },
  };
};
