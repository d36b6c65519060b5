/**
 * Rows of `events`. The journal's field names are the columns, so a row is the record's own bytes with its position
 * spliced in; only what a column cannot hold is written anew.
 */
import { INSTANT_RANGE, type LogPosition, MAX_COUNT } from "../../schemas/clickhouse/tables.ts";
import type { EventHead } from "../watch/read-record.ts";

const INSTANTS = ["timestamp", "arrived_at", "judged_at"] as const;
const COUNTS = ["input_tokens", "output_tokens", "bytes_out", "memory_bytes"] as const;
const MAX_INT32 = 2 ** 31 - 1;
const MAX_UINT8 = 255;
/** Decimal(38, 12). */
const COST = /^-?\d{1,26}(?:\.\d{1,12})?$/;
/** An escaped half of a surrogate pair: ClickHouse refuses a lone one. A whole pair is never escaped by us. */
const ESCAPED_SURROGATE = /\\ud[89a-f]/i;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** A moment as the tables can hold it. */
export function instant(ms: number): number {
  return within(ms, INSTANT_RANGE.min, INSTANT_RANGE.max);
}

function within(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, Math.trunc(value)));
}

/** How every escaped half of a surrogate pair begins in what we write, and some texts that only look like one. */
const MAY_BE_SURROGATE = Buffer.from("\\ud");

/** A row's JSON text and line end: `head` and, where a record's bytes serve as they are, what follows its first byte. */
export interface RowText {
  readonly head: string;
  readonly own?: Buffer;
}

type Fixes = Partial<Record<keyof EventHead, number | null>>;

/** What must be written differently for the columns to hold it; undefined when everything fits. */
function fixesOf(event: EventHead): Fixes | undefined {
  let fixes: Fixes | undefined;
  const keep = (field: keyof EventHead, min: number, max: number) => {
    const value = event[field];
    if (typeof value !== "number") return;
    const fitting = within(value, min, max);
    if (fitting !== value) fixes = { ...fixes, [field]: fitting };
  };
  for (const field of INSTANTS) keep(field, INSTANT_RANGE.min, INSTANT_RANGE.max);
  for (const field of COUNTS) keep(field, 0, MAX_COUNT);
  keep("response_code", -MAX_INT32, MAX_INT32);
  keep("permission_level", 0, MAX_UINT8);
  if (event.cost !== undefined && !COST.test(event.cost)) fixes = { ...fixes, cost: null };
  return fixes;
}

/** JSON text in which every string is well-formed Unicode; a lone surrogate becomes U+FFFD. */
export function wellFormed(text: string): string {
  if (!ESCAPED_SURROGATE.test(text)) return text;
  return JSON.stringify(JSON.parse(text), (_key, value: unknown) =>
    typeof value === "string" ? value.replace(LONE_SURROGATE, "\ufffd") : value,
  );
}

/** The text of a row, from the record and its own bytes. */
export function eventRow(event: EventHead, own: Buffer, { topic, partition, offset }: LogPosition): RowText {
  const head = `{"topic":"${topic}","partition":${partition},"offset":${offset},`;
  const fixes = fixesOf(event);
  if (fixes === undefined && !own.includes(MAY_BE_SURROGATE)) return { head, own };
  return { head: `${head}${wellFormed(JSON.stringify({ ...JSON.parse(own.toString()), ...fixes })).slice(1)}\n` };
}
