/** `npm run eval -- fleet`: the simulated fleets before the production watch. */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { DETECTORS } from "../../../detectors/registry.ts";
import { configFor } from "./config.ts";
import { fleetOf } from "./fleet.ts";
import { createLimits } from "./limits.ts";
import { reportOf, reportText } from "./report.ts";
import { type FleetScore, scoreOf } from "./score.ts";
import { watchFleet } from "./watch.ts";

export interface FleetEvalOptions {
  readonly seed: number;
  readonly agents: number;
  readonly history: number;
  readonly weeks: number;
  readonly perAgent: number;
  /** `alerts.falseAlarmsPerWeek`. */
  readonly asked: number;
}

/** Simulates one fleet, watches it, and scores what was said. */
export async function evaluateFleet(options: FleetEvalOptions): Promise<FleetScore> {
  const { seed, asked } = options;
  const fleet = fleetOf(options);
  const limits = createLimits(fleet.profiles);
  const config = configFor(fleet.profiles, asked);
  const onEvent = limits.take;
  const watched = await watchFleet({ lines: fleet.events(), config, detectors: DETECTORS, onEvent });
  return scoreOf(seed, fleet, watched, limits);
}

const USAGE = `npm run eval -- fleet [--agents 10,143] [--seeds 20] [--first-seed 1] [--history 4] [--weeks 2] [--per-agent 3] [--asked 1] [--json FILE]
`;

function numbers(text: string): number[] {
  const values = text.split(",").map(Number);
  if (values.some((value) => !(value > 0))) throw new Error(`numbers above 0, not "${text}"`);
  return values;
}

/** Runs what the arguments ask for and prints the report; `--json` also writes each outcome and false page. */
export async function runFleets(args: readonly string[], out: NodeJS.WritableStream, now: () => number): Promise<void> {
  const text = { type: "string" } as const;
  const options = {
    agents: { ...text, default: "10" },
    seeds: { ...text, default: "20" },
    "first-seed": { ...text, default: "1" },
    history: { ...text, default: "4" },
    weeks: { ...text, default: "2" },
    "per-agent": { ...text, default: "3" },
    asked: { ...text, default: "1" },
    json: text,
    help: { type: "boolean", default: false },
  } as const;
  const { values } = parseArgs({ args: [...args], options });
  if (values.help) {
    out.write(USAGE);
    return;
  }
  const one = (name: "seeds" | "first-seed" | "history" | "weeks" | "per-agent" | "asked"): number =>
    numbers(values[name])[0] ?? 1;
  const asked = one("asked");
  const scores: FleetScore[] = [];
  for (const agents of numbers(values.agents)) {
    for (let seed = one("first-seed"); seed < one("first-seed") + one("seeds"); seed++) {
      const began = now();
      const score = await evaluateFleet({
        seed,
        agents,
        history: one("history"),
        weeks: one("weeks"),
        perAgent: one("per-agent"),
        asked,
      });
      scores.push(score);
      const { events, falsePages, outcomes } = score;
      const told = outcomes.filter((outcome) => outcome.told).length;
      const seconds = ((now() - began) / 1000).toFixed(0);
      out.write(
        `${agents} agents, seed ${seed}: ${events.toLocaleString("en-US")} events in ${seconds} s, ${told} of ${outcomes.length} incidents told, ${falsePages.length} false pages\n`,
      );
    }
  }
  const report = reportOf(scores, asked);
  out.write(reportText(report));
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify({ report, scores }, null, 1)}\n`);
}
