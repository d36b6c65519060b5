/** `watchkeeper events`: what one agent did, in order, and what triggered it. Holds a row at a time. */
import type { Ask, Row, TextOut } from "./ask.ts";
import { noteOf } from "./event-note.ts";
import { dollars, moment, span } from "./format.ts";
import { cut, pad, plain } from "./plain-text.ts";
import { openQueryCatalog, type ReadyQuery, readyQuery } from "./query-catalog.ts";
import { instantOf, momentOf } from "./query-parameters.ts";
import { jsonLine } from "./result-table.ts";

export interface EventsOptions {
  readonly ask: Ask;
  readonly agent: string;
  /** ISO 8601 (UTC where it names no zone), `now`, `now-2h`; left out: everything. `to` is exclusive. */
  readonly from?: string;
  readonly to?: string;
  readonly format: "text" | "json";
  /** Zone of the times in text; JSON is UTC. */
  readonly timezone: string;
  /** Unix ms. */
  readonly now: number;
  readonly out: TextOut;
  /** Rows of one answer; default 5,000. */
  readonly pageRows?: number;
}

/** Names remembered to say what a parent was. */
const PARENTS = 5_000;
const INSTANTS = ["timestamp", "arrived_at"] as const;

/** Writes the events, ordered by timestamp, then position in the log. Returns how many there were. */
export async function writeEvents(options: EventsOptions): Promise<number> {
  const { ask, agent, from, to, format, timezone, now, out, pageRows = 5_000 } = options;
  const since = from === undefined ? {} : { since: checked("--from", from, now) };
  const given = { agent, ...since, ...(to === undefined ? {} : { until: checked("--to", to, now) }) };
  const { sql, params } = readyQuery(openQueryCatalog().find("timeline"), given, now);
  const text = format === "text" ? textLines(timezone) : jsonEvent;
  let count = 0;
  for await (const row of inPages(ask, sql, params, pageRows)) {
    await out.write(text(row));
    count += 1;
  }
  if (count === 0 && format === "text") await out.write(`No events of ${plain(agent)} in this time.\n`);
  return count;
}

/** The text as it is; a wrong one is named as the option it was given to. */
function checked(option: string, text: string, now: number): string {
  momentOf(option, text, now);
  return text;
}

/** Page by page, so that no limit on the rows of an answer cuts the record and neither side holds much of it. */
async function* inPages(ask: Ask, sql: string, params: ReadyQuery["params"], size: number): AsyncIterable<Row> {
  const page = `SELECT * FROM (${sql}\n) AS t
    WHERE t.timestamp >= {after:DateTime64(3,'UTC')} AND (t.timestamp, t.partition, t.offset)
      > ({after:DateTime64(3,'UTC')}, {after_partition:Int64}, {after_offset:Int64})
    ORDER BY t.timestamp, t.partition, t.offset LIMIT ${size}`;
  let last: Row | undefined;
  for (let got = size; got === size; ) {
    const { timestamp: after = params.since, partition = -1, offset = -1 } = last ?? {};
    got = 0;
    for await (const row of ask(page, { ...params, after, after_partition: partition, after_offset: offset })) {
      got += 1;
      last = row;
      yield row;
    }
  }
}

/** Instants in ISO 8601, absent text as null. */
function jsonEvent(row: Row): string {
  const event = Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === "" ? null : value]));
  for (const name of INSTANTS) event[name] = new Date(instantOf(row[name])).toISOString();
  return jsonLine(event);
}

function textLines(timezone: string): (row: Row) => string {
  const names = new Map<string, string>();
  let day = "";
  return (row) => {
    const at = instantOf(row.timestamp);
    const today = moment(at, timezone, "ccc d LLL yyyy");
    const headline = today === day ? "" : `${day === "" ? "" : "\n"}${today}, ${timezone}\n`;
    day = today;
    const line = `${moment(at, timezone, "HH:mm:ss")}  ${columns(row)}${triggeredBy(row, names)}`.trimEnd();
    remember(names, String(row.id), plain(String(row.tool)));
    return `${headline}${line}\n`;
  };
}

function columns(row: Row): string {
  const kind = row.kind === "api_call" ? "api" : String(row.kind);
  const facts = [
    costText(row),
    row.duration_ms === null ? "" : row.duration_ms === undefined ? "" : duration(Number(row.duration_ms)),
    outcome(row),
  ];
  return `${pad(plain(kind), 8)} ${pad(plain(String(row.tool)), 24)} ${pad(noteOf(row), 40)}  ${facts.filter(Boolean).join(", ")}`;
}

/** An amount in another currency has no price in dollars. */
function costText({ cost, cost_original: other, currency, unpriced }: Row): string {
  if (cost !== null) return dollars(String(cost));
  if (unpriced !== true) return "";
  return currency ? `${other} ${plain(String(currency))}, no price in dollars` : "no price";
}

function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : span(ms);
}

function outcome(row: Row): string {
  const error = plain(String(row.error ?? ""));
  const code = row.response_code === null ? "" : String(row.response_code);
  const failed = row.success === false || error !== "" || Number(code) >= 400;
  return failed ? cut(`FAILED ${[code, error].filter(Boolean).join(" ")}`.trimEnd(), 60) : "";
}

/** The parent by its name where it was seen, else its id; without a parent, what started the run. */
function triggeredBy(row: Row, names: ReadonlyMap<string, string>): string {
  const parent = String(row.parent ?? "");
  const trigger = plain(String(row.trigger ?? ""));
  const run = plain(String(row.run ?? ""));
  const by = parent !== "" ? (names.get(parent) ?? plain(parent)) : trigger;
  const parts = [by === "" ? "" : `← ${cut(by, 40)}`, run === "" ? "" : `(run ${cut(run, 30)})`].filter(Boolean);
  return parts.length === 0 ? "" : `  ${parts.join(" ")}`;
}

function remember(names: Map<string, string>, id: string, name: string): void {
  names.set(id, name);
  if (names.size > PARENTS) names.delete(names.keys().next().value as string);
}
