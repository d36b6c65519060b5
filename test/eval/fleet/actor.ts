/** One agent at work: runs, steps, arguments, outcomes. Everything from the random source that it is handed. */
import { HOUR_MS } from "../../../detectors/time/zones.ts";
import { logNormal, pick, poisson, type Random } from "../../../ingest/demo/random.ts";
import { type CallOptions, callFields, TOPICS } from "./call-fields.ts";
import { between, oneOf, randomOf, whole } from "./draws.ts";
import type { Profile } from "./profile.ts";
import type { Rhythm } from "./rhythm.ts";
import type { Step, Tool, Workflow } from "./tools.ts";

/** An event as a producer writes it, and when. */
export interface Line {
  readonly at: number;
  readonly agent: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export type Push = (line: Line) => void;

export interface Actor {
  readonly profile: Profile;
  /** Everything that begins in this UTC hour; some of it ends in a later one. */
  hour(hour: number, push: Push): void;
  /** One run from `at` on; `between` is called after each step that read outside text. Returns when it ends. */
  perform(workflow: Workflow, at: number, options: PerformOptions): number;
  /** One call; returns when it ends. */
  call(tool: Tool, at: number, options: CallOptions, push: Push): number;
}

interface PerformOptions {
  readonly run: string;
  readonly random: Random;
  readonly push: Push;
  /** Slips in what the agent was talked into; returns when that ends. */
  readonly hijack?: (at: number) => number;
}

export function createActor(profile: Profile, seed: number, rhythm: Rhythm): Actor {
  const { agent } = profile;
  const home = randomOf(seed, agent, "habits");
  const minute = whole(0, 20, home);
  const pollArgs = { endpoint: "/v1/status", target: `${profile.trade}.acme.example` };
  let lines = 0;

  function write(at: number, fields: Readonly<Record<string, unknown>>, push: Push): void {
    lines += 1;
    const time = Math.round(at);
    push({
      at: time,
      agent,
      fields: { timestamp: new Date(time).toISOString(), agent, id: `${agent}-${lines}`, ...fields },
    });
  }

  function call(tool: Tool, at: number, options: CallOptions, push: Push): number {
    const { fields, takes } = callFields(tool, profile, options);
    const end = at + takes;
    write(end, fields, push);
    return end;
  }

  /** A step with the retries that an honest agent makes: the same call once or twice more, after a pause. */
  function attempt(tool: Tool, at: number, options: CallOptions, push: Push): { end: number; target: string } {
    let failed = false;
    let fields: Readonly<Record<string, unknown>> = {};
    const note: Push = (line) => {
      ({ fields } = line);
      failed = line.fields.error !== undefined;
      push(line);
    };
    let end = call(tool, at, options, note);
    for (let retry = 0; failed && retry < 2; retry++) {
      const { endpoint, target, details, input } = fields;
      const same = Object.fromEntries(
        Object.entries({ endpoint, target, details, input }).filter(([, v]) => v !== undefined),
      );
      end = call(tool, end + logNormal(3000 * (retry + 1), 0.4, options.random), { ...options, args: same }, note);
    }
    return { end, target: String(fields.target ?? tool.name) };
  }

  function times({ least, most, chance }: Step, random: Random): number {
    return random() < chance ? whole(least, most, random) : 0;
  }

  /** The same call on a timer until a job is done. */
  function wait(tool: Tool, start: number, count: number, options: CallOptions, push: Push): number {
    const { random } = options;
    const args = { endpoint: `/v2/${tool.name}/${Math.floor(random() * 1e7)}` };
    const everyMs = between(8000, 15_000, random);
    let at = start;
    for (let left = count; left > 0; left--) {
      const more = { error: undefined, response_code: 200, result: { state: left === 1 ? "done" : "running" } };
      call(tool, at, { ...options, args, more }, push);
      at += everyMs * logNormal(1, 0.05, random);
    }
    return at;
  }

  /** The workflow's steps; after a deploy with its tool among them, in most of the runs. */
  function stepsAt(workflow: Workflow, at: number, random: Random): readonly Step[] {
    const { change } = profile;
    if (change?.tool === undefined || at < change.at || random() > 0.7) return workflow.steps;
    const [first, ...rest] = workflow.steps as [Step, ...Step[]];
    return [first, { tool: change.tool, least: 1, most: 2, chance: 1 }, ...rest];
  }

  function perform(workflow: Workflow, start: number, { run, random, push, hijack }: PerformOptions): number {
    let at = start;
    let pending = hijack;
    const read: string[] = [];
    for (const step of stepsAt(workflow, start, random)) {
      if (step.waits === true) {
        at = wait(step.tool, at, times(step, random), { run, random }, push);
        continue;
      }
      for (let left = times(step, random); left > 0; left--) {
        const cited =
          step.tool.thinks && profile.citesSources && read.length > 0 ? { more: { sources: read.slice(-5) } } : {};
        const { end, target } = attempt(step.tool, at, { run, random, ...cited }, push);
        if (!step.tool.thinks) read.push(target);
        at = end + logNormal(2500, 0.7, random);
        if (pending !== undefined && step.tool.outside) {
          at = pending(at) + logNormal(2500, 0.7, random);
          pending = undefined;
        }
      }
      if (step.tool.thinks && random() < 0.4) {
        const reasoning = `as ${oneOf(TOPICS, random)} asks for it`;
        write(at, { decision: workflow.name, run, reasoning, action_triggered: "next" }, push);
      }
    }
    return at;
  }

  /** Polls of an hour: the same call on a timer, its answer seldom another. */
  function poll(hour: number, random: Random, push: Push): void {
    for (let at = hour + (hour % profile.pollMs); at < hour + HOUR_MS; at += profile.pollMs) {
      const when = at + Math.abs(logNormal(400, 0.5, random));
      const isNews = random() < 0.03;
      const outcome = isNews
        ? { response_code: 200, result: { open: Math.floor(random() * 1e6) } }
        : { response_code: 200 };
      const fields = {
        api: "get_status",
        run: `${agent}-poll`,
        ...pollArgs,
        ...outcome,
        duration_ms: whole(30, 120, random),
        cost: 0,
      };
      write(when, fields, push);
    }
  }

  /** When the runs of an hour begin. */
  function starts(hour: number, count: number, random: Random): number[] {
    if (profile.kind !== "bursty") return Array.from({ length: count }, () => hour + random() * HOUR_MS);
    const out: number[] = [];
    while (out.length < count) {
      const clump = hour + random() * HOUR_MS;
      for (let left = whole(1, 5, random); left > 0 && out.length < count; left--) out.push(clump + random() * 180_000);
    }
    return out;
  }

  return {
    profile,
    perform,
    call,
    hour(hour, push) {
      const mean = rhythm.drawn(profile, hour);
      if (hour < profile.bornAt) return;
      const random = randomOf(seed, agent, "work", hour);
      if (profile.pollMs > 0) poll(hour, random, push);
      if (mean === 0) return;
      const count = poisson(mean, random);
      const run = (index: number): string => `${agent}-${Math.floor(hour / HOUR_MS).toString(36)}-${index}`;
      if (profile.kind === "batch") {
        let at = hour + minute * 60_000 + between(0, 90_000, random);
        for (let index = 0; index < count; index++) {
          at =
            perform(pick(profile.workflows, random), at, { run: run(index), random, push }) +
            between(500, 5000, random);
        }
        return;
      }
      starts(hour, count, random).forEach((at, index) => {
        perform(pick(profile.workflows, random), at, { run: run(index), random, push });
      });
    },
  };
}
