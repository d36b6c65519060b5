/** What an incident is made in, and what it is made of. */
import { HOUR_MS, type Zones } from "../../../../detectors/time/zones.ts";
import type { Random } from "../../../../ingest/demo/random.ts";
import type { Actor, Line, Push } from "../actor.ts";
import type { DaysOff } from "../calendar.ts";
import { seedOf } from "../draws.ts";
import type { Profile, Span } from "../profile.ts";
import type { Rhythm } from "../rhythm.ts";
import type { Tool } from "../tools.ts";

export interface Scene {
  readonly actor: Actor;
  readonly profile: Profile;
  readonly rhythm: Rhythm;
  readonly off: DaysOff;
  readonly zones: Zones;
  readonly span: Span;
  /** Of this incident alone; the same when it comes back. */
  readonly random: Random;
  readonly id: string;
}

/** An incident that fits an agent and a moment. */
export interface Draft {
  readonly from: number;
  readonly to: number;
  readonly variant: string;
  readonly countsFrom?: number;
  readonly normal?: number;
  /** Adds what begins in this UTC hour. */
  readonly hourly?: (hour: number, push: Push) => void;
  /** Changes the agent's ordinary lines within the window; undefined takes one away. */
  readonly alter?: (line: Line) => Line | undefined;
}

/** Undefined when it makes no sense for this agent at this moment. */
export type Recipe = (scene: Scene, at: number, magnitude: number) => Draft | undefined;

/** Part of the hour that begins at `hour` which lies within a window, 0 to 1. */
export function overlap(hour: number, from: number, to: number): number {
  return Math.max(0, Math.min(to, hour + HOUR_MS) - Math.max(from, hour)) / HOUR_MS;
}

export function hourOf(at: number): number {
  return Math.floor(at / HOUR_MS) * HOUR_MS;
}

/** Runs expected between two moments. */
export function runsBetween({ rhythm, profile }: Scene, from: number, to: number): number {
  let runs = 0;
  for (let hour = hourOf(from); hour < to; hour += HOUR_MS)
    runs += rhythm.expected(profile, hour) * overlap(hour, from, to);
  return runs;
}

/** Mean calls of matching tools in a run. */
export function usesOf({ profile }: Scene, matches: (tool: Tool) => boolean): number {
  let uses = 0;
  for (const [tool, mean] of profile.uses) if (matches(tool)) uses += mean;
  return uses;
}

export function toolsOf({ profile }: Scene, matches: (tool: Tool) => boolean = () => true): Tool[] {
  return [...profile.uses.keys()].filter(matches);
}

/** All of it at once, when the hour of its beginning comes. */
export function onceAt(from: number, write: (push: Push) => void): (hour: number, push: Push) => void {
  return (hour, push) => {
    if (hour === hourOf(from)) write(push);
  };
}

/** A name for a run or an event of an incident that looks like any other, and is the same when it is drawn again. */
export function nameOf({ profile, id }: Scene, index: number | string = 0): string {
  return `${profile.agent}-${(seedOf(id) % 60_466_176).toString(36).padStart(5, "0")}-${index}`;
}

/** The line with other fields. */
export function changed(line: Line, fields: Readonly<Record<string, unknown>>): Line {
  return { ...line, fields: { ...line.fields, ...fields } };
}
