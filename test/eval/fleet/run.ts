/** `npm run eval -- fleet`: the simulated fleets before the production watch. */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { DETECTORS } from "../../../detectors/registry.ts";
import { ABLATIONS, LEARNING, type Watching, WHOLE } from "./ablation.ts";
import { ablationText } from "./ablation-text.ts";
import { configFor } from "./config.ts";
import { fleetOf } from "./fleet.ts";
import { createLimits } from "./limits.ts";
import { reportOf } from "./report.ts";
import { reportText } from "./report-text.ts";
import { type FleetScore, scoreOf } from "./score.ts";
import { watchFleet } from "./watch.ts";

const WEEK_MS = 7 * 86_400_000;

interface FleetEvalOptions {
  readonly seed: number;
  readonly agents: number;
  /** Weeks before the watch, and of it. */
  readonly history: number;
  readonly weeks: number;
  readonly perAgent: number;
  /** `alerts.falseAlarmsPerWeek`. */
  readonly asked: number;
  readonly watching: Watching;
  /** Told now and then how many weeks have passed. */
  readonly progress?: (weeks: number) => void;
}

/** Simulates one fleet, watches it, and scores what was said. */
async function evaluateFleet(options: FleetEvalOptions): Promise<FleetScore> {
  const { seed, asked, watching, progress } = options;
  const fleet = fleetOf(options);
  const limits = createLimits(fleet.profiles);
  const config = configFor(fleet.profiles, asked);
  const watched = await watchFleet({
    lines: fleet.events(),
    config,
    ...watching,
    onEvent: limits.take,
    progress: (_events, at) => progress?.((at - fleet.span.from) / WEEK_MS),
  });
  return scoreOf(seed, fleet, watched, limits);
}

const USAGE = `npm run eval -- fleet [options]
  --agents 10,143   sizes of fleets (10)
  --seeds 20        fleets of each size (20), from --first-seed 1 on
  --history 4       weeks before the watch (4)
  --weeks 2         weeks of watch (2)
  --per-agent 3     incidents per agent over the watch (3), 240 at the most in a fleet
  --asked 1         alerts.falseAlarmsPerWeek (1)
  --without NAMES   leaves detectors out, to see what they add
  --ablate          one part of the watch left out at a time, to see what it adds
  --json FILE       every outcome and every false page
`;

function numbers(text: string): number[] {
  const values = text.split(",").map(Number);
  if (values.some((value) => !(value > 0))) throw new RangeError(`numbers above 0, not "${text}"\n${USAGE}`);
  return values;
}

function parsed(args: readonly string[]) {
  const type = "string" as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      agents: { type, default: "10" },
      seeds: { type, default: "20" },
      "first-seed": { type, default: "1" },
      history: { type, default: "4" },
      weeks: { type, default: "2" },
      "per-agent": { type, default: "3" },
      asked: { type, default: "1" },
      without: { type, default: "" },
      ablate: { type: "boolean", default: false },
      json: { type },
      help: { type: "boolean", default: false },
    },
  });
  const one = (text: string): number => numbers(text)[0] ?? 1;
  const without = values.without.split(",");
  return {
    help: values.help,
    json: values.json,
    parts: values.ablate ? ABLATIONS : { [WHOLE]: (whole: Watching) => whole },
    sizes: numbers(values.agents),
    seeds: Array.from({ length: one(values.seeds) }, (_, index) => one(values["first-seed"]) + index),
    history: one(values.history),
    weeks: one(values.weeks),
    perAgent: one(values["per-agent"]),
    asked: one(values.asked),
    whole: { detectors: DETECTORS.filter(({ name }) => !without.includes(name)), learning: LEARNING },
  };
}

function lineOf({ agents, seed, events, outcomes, falsePages }: FleetScore, ms: number): string {
  const told = outcomes.filter((outcome) => outcome.told).length;
  const work = `${events.toLocaleString("en-US")} events in ${(ms / 1000).toFixed(0)} s`;
  return `${agents} agents, seed ${seed}: ${work}, ${told} of ${outcomes.length} incidents told, ${falsePages.length} false pages\n`;
}

export interface RunIo {
  readonly out: NodeJS.WritableStream;
  /** Where progress goes; undefined: nowhere. */
  readonly progress: NodeJS.WritableStream | undefined;
  /** Milliseconds. */
  readonly now: () => number;
}

/** Runs what the arguments ask for and prints the report. */
export async function runFleets(args: readonly string[], { out, progress, now }: RunIo): Promise<void> {
  const { help, json, sizes, seeds, parts, whole, ...options } = parsed(args);
  if (help) {
    out.write(USAGE);
    return;
  }
  const scores = new Map(Object.keys(parts).map((part): [string, FleetScore[]] => [part, []]));
  for (const agents of sizes) {
    for (const seed of seeds) {
      for (const [part, without] of Object.entries(parts)) {
        const began = now();
        const tell = (weeks: number): unknown =>
          progress?.write(`\r${agents} agents, seed ${seed}: week ${weeks.toFixed(1)} `);
        const score = await evaluateFleet({ ...options, seed, agents, watching: without(whole), progress: tell });
        scores.get(part)?.push(score);
        progress?.write("\r");
        out.write(`${part === WHOLE ? "" : `without ${part}: `}${lineOf(score, now() - began)}`);
      }
    }
  }
  const reports = new Map([...scores].map(([part, all]) => [part, reportOf(all, options.asked)]));
  for (const [part, report] of reports) if (part === WHOLE) out.write(reportText(report));
  if (reports.size > 1) out.write(ablationText(reports));
  if (json === undefined) return;
  const written = [...reports].map(([part, report]) => [part, { report, scores: scores.get(part) }]);
  await writeFile(json, `${JSON.stringify(Object.fromEntries(written), null, 1)}\n`);
}
