/** What `backtest` reads and writes: events of a file or of the store in and alerts out, or a series in and its scores out. */
import { finished, pipeline } from "node:stream/promises";
import type { Logger } from "pino";
import { WatchkeeperError } from "../schemas/errors.ts";
import type { EventRecord } from "../schemas/journal.ts";
import { createIntake } from "./intake/intake.ts";
import { readEvents } from "./intake/read-events.ts";
import { openToLook } from "./looking.ts";
import { mustBeFile, openToWrite } from "./named-file.ts";
import { readSeries, type SeriesFile, scoredLines } from "./series-file.ts";
import type { Settings } from "./settings/settings.ts";
import { storedEvents } from "./stored-events.ts";

export type BacktestChoice = Readonly<Partial<Record<"events" | "from" | "to" | "alerts" | "series" | "out", string>>>;

const TOLD_LINES = 10;

const misused = (): WatchkeeperError =>
  new WatchkeeperError(
    "backtest takes --events FILE [--alerts OUT], --from TIME [--to TIME] [--alerts OUT] or --series FILE [--out OUT].",
    { code: "invalid_parameter", exitCode: 2 },
  );

/** Whether it is about a series. Throws `invalid_parameter` when it is about neither, or about both. */
export function isOfSeries(files: BacktestChoice): files is BacktestChoice & { readonly series: string } {
  const { events, from, to, alerts, series, out } = files;
  if (series !== undefined && [events, from, to, alerts].every((one) => one === undefined)) return true;
  const isOfOne = (events === undefined) !== (from === undefined) && (to === undefined || from !== undefined);
  if (isOfOne && series === undefined && out === undefined) return false;
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
}

interface BacktestFilesOptions extends BacktestChoice {
  readonly settings: Settings;
  readonly logger: Logger;
  /** Reads a time that was given to an option, as a parameter of type DateTime64(3,'UTC'). */
  readonly moment: (option: string, text: string) => string;
  /** Takes a sentence for the person who asked. */
  readonly hint: (sentence: string) => void;
}

/** Opens what is read and written, and closes it. Rejects with `unfit_file`, `invalid_parameter`, as `openToLook` and `work` do. */
export async function withBacktestFiles<T>(
  options: BacktestFilesOptions,
  work: (files: BacktestFiles) => Promise<T>,
): Promise<T> {
  const { events, alerts } = options;
  const source = await (events === undefined ? fromStore(options) : fromFile(events, options));
  try {
    const told = alerts === undefined ? undefined : await openToWrite(alerts);
    const written = told === undefined ? Promise.resolve() : finished(told);
    // Waited for below; a full disk may end it before.
    written.catch(() => undefined);
    const onAlert = (alert: object): void => void told?.write(`${JSON.stringify(alert)}\n`);
    const result = await work({ events: source.events, onAlert });
    told?.end();
    await written;
    return result;
  } finally {
    await source.close();
  }
}

interface Source extends Pick<BacktestFiles, "events"> {
  close(): Promise<void>;
}

/** The first lines that are no events are named. */
async function fromFile(file: string, { settings, hint }: BacktestFilesOptions): Promise<Source> {
  const { limits, prices } = settings.config;
  const intake = createIntake({ lineBytes: limits.lineBytes, prices });
  await mustBeFile(file);
  let refused = 0;
  const onRefused = (line: number, reason: string): void => {
    refused += 1;
    if (refused <= TOLD_LINES) hint(`line ${line}: ${reason}`);
  };
  const onUnordered = () => hint("the lines are not in the order of their arrival; they are judged in that order");
  return {
    events: readEvents({ file, intake, onRefused, onUnordered }),
    async close() {
      if (refused === 1) hint("1 line is no event and was left out");
      else if (refused > 1) hint(`${refused} lines are no events and were left out`);
    },
  };
}

/** Those that arrived in the time. */
async function fromStore(options: BacktestFilesOptions): Promise<Source> {
  const { from = "", to = "now", settings, logger, moment, hint } = options;
  const within = { from: moment("--from", from), to: moment("--to", to) };
  const looking = await openToLook(settings, logger);
  if (looking.notStored !== undefined) hint(`note: ${looking.notStored}`);
  return { events: storedEvents({ ask: looking.ask, ...within }), close: looking.close };
}
