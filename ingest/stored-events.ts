/** Events out of the store, as intake judged them, in the order in which they arrived. */
import type { ClockMark, EventKind, EventRecord, IdSource } from "../schemas/journal.ts";
import type { Looking } from "./looking.ts";

export interface StoredEventsOptions {
  readonly ask: Looking["ask"];
  /** Of arrival, as parameters of type DateTime64(3,'UTC'); `to` is the first moment left out. */
  readonly from: string;
  readonly to: string;
  /** Rows of one answer; default 20,000. */
  readonly pageRows?: number;
}

type Row = Readonly<Record<string, unknown>>;

const PAGE_ROWS = 20_000;
const words = (text: string): readonly string[] => text.split(" ");
/** Absent where the column is empty, null or false. */
const TEXTS = words(
  "run trigger parent environment model credential target endpoint error approved_by cost cost_source cost_original currency call outcome",
);
const NUMBERS = words(
  "response_code input_tokens output_tokens duration_ms bytes_out cpu_percent memory_bytes permission_level",
);
const FLAGS = words("backfill unpriced failed");
const ALWAYS = words("schema_version id id_source content agent kind tool clock success raw");

const instants = words("timestamp arrived_at judged_at").map(
  (name) => `toUnixTimestamp64Milli(e.${name}) AS ${name}_ms`,
);
const columns = [...ALWAYS, ...TEXTS, ...NUMBERS, ...FLAGS].map((name) => `e.${name} AS ${name}`);

const IN_TIME = "e.arrived_at >= {since:DateTime64(3,'UTC')} AND e.arrived_at < {until:DateTime64(3,'UTC')}";
const HOURS = `SELECT toUnixTimestamp(toStartOfHour(e.arrived_at)) AS hour, count() AS events
FROM events AS e WHERE ${IN_TIME} GROUP BY hour ORDER BY hour`;

const page = (
  rows: number,
): string => `SELECT ${[...instants, ...columns].join(", ")}, e.partition AS partition, e.offset AS offset
FROM events AS e
WHERE ${IN_TIME}
  AND e.arrived_at >= fromUnixTimestamp64Milli({begin:Int64}, 'UTC') AND e.arrived_at < fromUnixTimestamp64Milli({end:Int64}, 'UTC')
  AND (toUnixTimestamp64Milli(e.arrived_at), e.partition, e.offset) > ({at:Int64}, {partition:Int64}, {offset:Int64})
ORDER BY e.arrived_at, e.partition, e.offset
LIMIT ${rows}`;

const HOUR_MS = 3_600_000;

/**
 * The detectors find in them what they found in the journal. Only which secrets were taken out is read from the marks
 * in the text, where an agent may have written one itself.
 */
export async function* storedEvents({
  ask,
  from,
  to,
  pageRows = PAGE_ROWS,
}: StoredEventsOptions): AsyncGenerator<EventRecord> {
  const within = { since: from, until: to };
  for await (const { begin, end } of stretches(ask, within, pageRows)) {
    let last = { at: -1, partition: -1, offset: -1 };
    for (let got = pageRows; got === pageRows; ) {
      got = 0;
      for await (const row of rowsOf(ask(page(pageRows), { ...within, begin, end, ...last }))) {
        got += 1;
        last = { at: Number(row.arrived_at_ms), partition: Number(row.partition), offset: Number(row.offset) };
        yield eventOf(row);
      }
    }
  }
}

/** Whole hours that follow each other and come to about a page: sorting a whole year for each page would take all day. */
async function* stretches(ask: Looking["ask"], within: { since: string; until: string }, pageRows: number) {
  let begin: number | undefined;
  let end = 0;
  let events = 0;
  for await (const row of rowsOf(ask(HOURS, within))) {
    const hour = Number(row.hour) * 1000;
    if (begin !== undefined && events + Number(row.events) > pageRows) {
      yield { begin, end };
      [begin, events] = [undefined, 0];
    }
    begin ??= hour;
    end = hour + HOUR_MS;
    events += Number(row.events);
  }
  if (begin !== undefined) yield { begin, end };
}

/** Names, types, then the rows. */
async function* rowsOf(answer: AsyncIterable<readonly unknown[]>): AsyncGenerator<Row> {
  let names: readonly string[] | undefined;
  let isTyped = false;
  for await (const values of answer) {
    if (names === undefined) names = values.map(String);
    else if (!isTyped) isTyped = true;
    else yield Object.fromEntries(names.map((name, index) => [name, values[index]]));
  }
}

function eventOf(row: Row): EventRecord {
  const given = (names: readonly string[], read: (value: unknown) => unknown) =>
    names.flatMap((name) => {
      const value = row[name];
      return value === null || value === "" || value === false ? [] : [[name, read(value)] as const];
    });
  const raw = String(row.raw);
  const redacted = marksIn(raw);
  return {
    type: "event",
    schema_version: Number(row.schema_version),
    id: String(row.id),
    id_source: row.id_source as IdSource,
    content: String(row.content),
    agent: String(row.agent),
    kind: row.kind as EventKind,
    tool: String(row.tool),
    timestamp: Number(row.timestamp_ms),
    arrived_at: Number(row.arrived_at_ms),
    judged_at: Number(row.judged_at_ms),
    clock: row.clock as ClockMark,
    ...(typeof row.success === "boolean" && { success: row.success }),
    ...Object.fromEntries([...given(TEXTS, String), ...given(NUMBERS, Number), ...given(FLAGS, () => true)]),
    ...(redacted !== undefined && { redacted }),
    raw,
  };
}

function marksIn(raw: string): Record<string, number> | undefined {
  const found: Record<string, number> = {};
  for (const [, kind = ""] of raw.matchAll(/\[redacted:([a-z_]{1,32})\]/g)) found[kind] = (found[kind] ?? 0) + 1;
  return Object.keys(found).length === 0 ? undefined : found;
}
