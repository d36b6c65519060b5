/** A `timestamp,value` series in a CSV file, read and written back with what was found. */
import { readFile } from "node:fs/promises";
import { WatchkeeperError } from "../schemas/errors.ts";
import { parseTimestamp } from "./intake/timestamp.ts";
import { mustBeFile } from "./named-file.ts";

export interface SeriesFile {
  readonly header: string;
  /** Each row as it stands in the file. */
  readonly lines: readonly string[];
  /** `at` in Unix milliseconds; `value` undefined where the cell is empty or no finite number. */
  readonly rows: readonly { readonly at: number; readonly value: number | undefined }[];
}

const unfit = (sentence: string): WatchkeeperError =>
  new WatchkeeperError(sentence, {
    code: "invalid_series",
    hint: "A series is CSV with a header that names the columns timestamp and value.",
    exitCode: 2,
  });

const unquoted = (cell: string): string => cell.trim().replace(/^"(.*)"$/, "$1");

/** ISO 8601, also with a space before the time; without a zone it is UTC. Or Unix seconds (10 digits) or milliseconds (13). */
function timeOf(text: string): number | undefined {
  if (/^\d{10}(\d{3})?$/.test(text)) return Number(text.padEnd(13, "0"));
  return parseTimestamp(text.replace(" ", "T"));
}

/** Reads the whole file. Rejects with `unfit_file` when there is none, `invalid_series` when it is no series. */
export async function readSeries(path: string): Promise<SeriesFile> {
  await mustBeFile(path);
  const text = (await readFile(path, "utf8")).replace(/^\uFEFF/, "");
  const [header = "", ...rest] = text.split(/\r?\n/);
  const names = header.split(",").map(unquoted);
  const [time, value] = [names.indexOf("timestamp"), names.indexOf("value")];
  if (time < 0 || value < 0) throw unfit(`${path} has no column ${time < 0 ? "timestamp" : "value"}.`);
  const lines: string[] = [];
  const rows: { at: number; value: number | undefined }[] = [];
  rest.forEach((line, index) => {
    if (line.trim() === "") return;
    const cells = line.split(",");
    const at = timeOf(unquoted(cells[time] ?? ""));
    if (at === undefined) throw unfit(`${path}, line ${index + 2}: "${cells[time] ?? ""}" is no time.`);
    const number = unquoted(cells[value] ?? "");
    const amount = Number(number);
    lines.push(line);
    rows.push({ at, value: number !== "" && Number.isFinite(amount) ? amount : undefined });
  });
  return { header, lines, rows };
}

/** The file's rows with `anomaly_score` (0 to 1) and `flagged` (1 or 0) behind them. */
export function* scoredLines(
  { header, lines }: SeriesFile,
  verdicts: readonly { readonly score: number; readonly flagged: boolean }[],
): Generator<string> {
  yield `${header},anomaly_score,flagged\n`;
  for (const [index, line] of lines.entries()) {
    const { score, flagged } = verdicts[index] as { score: number; flagged: boolean };
    yield `${line},${Math.floor(score * 1e6) / 1e6},${flagged ? 1 : 0}\n`;
  }
}
