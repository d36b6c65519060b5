/** `npm run eval -- nab [--corpus DIR] [--json FILE]`: how well series are scored, on the open part of NAB. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { backtestSeries, type SeriesRow } from "../../../detectors/backtest/series.ts";
import { parseTimestamp } from "../../../ingest/intake/timestamp.ts";
import { readSeries } from "../../../ingest/series-file.ts";
import { ABLATIONS, scoresWithout } from "./ablation.ts";
import { bestThreshold, type Judged, type LabelledSeries, type Outcome, type Profile, scoreAt } from "./score.ts";

export interface NabIo {
  readonly out: NodeJS.WritableStream;
  /** Milliseconds. */
  readonly now: () => number;
}

/** What the product flags stands at this score. */
const FLAGGED = 0.5;
const PROFILES: Readonly<Record<string, Profile>> = {
  standard: { tpWeight: 1, fpWeight: 0.11, fnWeight: 1 },
  "low FP": { tpWeight: 1, fpWeight: 0.22, fnWeight: 1 },
  "low FN": { tpWeight: 1, fpWeight: 0.11, fnWeight: 2 },
};
const PART_WIDTH = 36;
const DEFAULT_CORPUS = "../shared/eval/nab/corpus";

type Windows = Readonly<Record<string, readonly (readonly [string, string])[]>>;
interface File extends Judged {
  readonly name: string;
  readonly rows: readonly SeriesRow[];
}

/** FNV-1a, so that which half a file is in has nothing to do with what is in it. */
function hashOf(name: string): number {
  return Buffer.from(name).reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193) >>> 0, 0x811c9dc5);
}

/** Two equal parts by the hash of the file's name: the first is looked at while designing, the second is not. */
export function halves<T extends { readonly name: string }>(files: readonly T[]): [design: T[], aside: T[]] {
  const sorted = [...files].sort((a, b) => hashOf(basename(a.name)) - hashOf(basename(b.name)));
  const half = Math.ceil(sorted.length / 2);
  return [sorted.slice(0, half), sorted.slice(half)];
}

const timeOf = (text: string): number => {
  const at = parseTimestamp(text.replace(" ", "T"));
  if (at === undefined) throw new Error(`not a time: ${text}`);
  return at;
};

async function judge(corpus: string): Promise<{ files: File[]; rows: number; took: (now: () => number) => number }> {
  const labels = JSON.parse(readFileSync(join(corpus, "labels/combined_windows.json"), "utf8")) as Windows;
  const read: { name: string; rows: readonly SeriesRow[]; series: LabelledSeries }[] = [];
  for (const [name, windows] of Object.entries(labels)) {
    const { rows } = await readSeries(join(corpus, "data", name));
    const spans = windows.map(([from, to]) => [timeOf(from), timeOf(to)] as const);
    read.push({ name, rows, series: { times: rows.map(({ at }) => at), windows: spans } });
  }
  const files: File[] = [];
  const took = (now: () => number): number => {
    const began = now();
    for (const { name, rows, series } of read) {
      files.push({ name, rows, series, scores: backtestSeries(rows).map(({ score }) => score) });
    }
    return now() - began;
  };
  return { files, took, rows: read.reduce((total, { rows }) => total + rows.length, 0) };
}

function line(part: string, at: string, outcomes: readonly Outcome[]): string {
  const [standard] = outcomes as [Outcome];
  const scores = outcomes.map(({ score }) => score.toFixed(1).padStart(7)).join(" ");
  const bursts = ((1000 * standard.falseBursts) / standard.cleanRows).toFixed(2);
  const found = `${standard.found} of ${standard.windows}`;
  return `${part.padEnd(PART_WIDTH)} ${at.padEnd(7)} ${scores}   ${found.padStart(8)}   ${String(standard.falseBursts).padStart(5)} (${bursts})\n`;
}

/** Runs it; says so and does nothing where the corpus is not there. */
export async function runNab(args: readonly string[], { out, now }: NabIo): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { corpus: { type: "string" }, json: { type: "string" } } });
  const corpus = values.corpus ?? DEFAULT_CORPUS;
  if (!existsSync(corpus)) {
    out.write(`nab: no corpus in ${corpus}; --corpus DIR names one\n`);
    return;
  }
  const { files, rows, took } = await judge(corpus);
  const ms = took(now);
  const [design, aside] = halves(files);
  const profiles = Object.values(PROFILES);
  const results: Record<string, unknown> = {};
  out.write(`NAB, ${files.length} files, ${rows} rows, ${Math.round(rows / ms)}k rows/s\n`);
  out.write(
    `${"part".padEnd(PART_WIDTH)} at      ${Object.keys(PROFILES)
      .map((name) => name.padStart(8))
      .join("")}   windows   false bursts (per 1000 rows)\n`,
  );
  for (const [part, chosen] of Object.entries({ all: files, design, aside })) {
    const fixed = profiles.map((profile) => scoreAt(chosen, profile, FLAGGED));
    const tuned = profiles.map((profile) => scoreAt(chosen, profile, bestThreshold(chosen, profile)));
    out.write(line(part, "flagged", fixed) + line(part, "tuned", tuned));
    results[part] = { fixed, tuned };
  }
  for (const [part, forget] of Object.entries(ABLATIONS)) {
    const without = files.map(({ series, rows: own }) => ({ series, scores: scoresWithout(own, forget) }));
    const fixed = profiles.map((profile) => scoreAt(without, profile, FLAGGED));
    out.write(line(`without ${part}`, "flagged", fixed));
    results[`without ${part}`] = { fixed };
  }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 1)}\n`);
}
