/** The files of `backtest`: events in and alerts out, or a series in and its scores out. */
import { pipeline } from "node:stream/promises";
import type { Config } from "../schemas/config.ts";
import { WatchkeeperError } from "../schemas/errors.ts";
import type { EventRecord } from "../schemas/journal.ts";
import { createIntake } from "./intake/intake.ts";
import { readEvents } from "./intake/read-events.ts";
import { mustBeFile, openToWrite } from "./named-file.ts";
import { readSeries, type SeriesFile, scoredLines } from "./series-file.ts";

export type BacktestChoice = Readonly<Partial<Record<"events" | "alerts" | "series" | "out", string>>>;

const TOLD_LINES = 10;

const misused = (): WatchkeeperError =>
  new WatchkeeperError("backtest takes --events FILE [--alerts OUT] or --series FILE [--out OUT].", {
    code: "invalid_parameter",
    exitCode: 2,
  });

/** Whether it is about a series. Throws `invalid_parameter` when it is about neither, or about both. */
export function isOfSeries(files: BacktestChoice): files is BacktestChoice & { readonly series: string } {
  const { events, alerts, series, out } = files;
  if (series !== undefined && events === undefined && alerts === undefined) return true;
  if (events !== undefined && series === undefined && out === undefined) return false;
  throw misused();
}

interface Verdict {
  readonly score: number;
  readonly flagged: boolean;
}

/** Scores a series' rows with `judge`, and writes them with their scores when a file is named. */
export async function scoreSeriesFile(
  file: string,
  out: string | undefined,
  judge: (rows: SeriesFile["rows"]) => Verdict[],
): Promise<{ readonly rows: SeriesFile["rows"]; readonly verdicts: Verdict[] }> {
  const series = await readSeries(file);
  const verdicts = judge(series.rows);
  if (out !== undefined) await pipeline(scoredLines(series, verdicts), await openToWrite(out));
  return { rows: series.rows, verdicts };
}

interface BacktestFiles {
  readonly events: AsyncIterable<EventRecord>;
  /** Writes an alert as a line, where a file was named. */
  readonly onAlert: (alert: object) => void;
  /** Ends the file of alerts, and says how many lines were left out. */
  close(): Promise<void>;
}

interface BacktestFilesOptions extends BacktestChoice {
  readonly config: Config;
  /** Takes a sentence for the person who asked. */
  readonly hint: (sentence: string) => void;
}

/** Opens the files. The first lines that are no events are named. Rejects with `unfit_file`. */
export async function openBacktestFiles({
  events,
  alerts,
  config,
  hint,
}: BacktestFilesOptions): Promise<BacktestFiles> {
  if (events === undefined) throw misused();
  const intake = createIntake({ lineBytes: config.limits.lineBytes, prices: config.prices });
  await mustBeFile(events);
  const told = alerts === undefined ? undefined : await openToWrite(alerts);
  let refused = 0;
  const onRefused = (line: number, reason: string): void => {
    refused += 1;
    if (refused <= TOLD_LINES) hint(`line ${line}: ${reason}`);
  };
  return {
    events: readEvents({ file: events, intake, onRefused }),
    onAlert: (alert) => void told?.write(`${JSON.stringify(alert)}\n`),
    async close() {
      if (told !== undefined) await new Promise<void>((done, failed) => told.on("error", failed).end(done));
      if (refused === 1) hint("1 line is no event and was left out");
      else if (refused > 1) hint(`${refused} lines are no events and were left out`);
    },
  };
}
