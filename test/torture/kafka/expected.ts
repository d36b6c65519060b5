/** What must be in the store, from what was produced and from what stands in Kafka. */
import type { LogRecord } from "../../../ingest/log/event-log.ts";
import { type Ledger, type Line, wayOf } from "./ledger.ts";

export interface Expected {
  /** How many events each serial is; absent: none. */
  readonly events: ReadonlyMap<string, number>;
  /** Sources of refused inlet records. */
  readonly letters: ReadonlySet<string>;
  /** Thousandths of a dollar, by `agent:NAME`, `team:NAME`, `credential:NAME` and `fleet:fleet`. */
  readonly spent: ReadonlyMap<string, number>;
  /** Acknowledged by Kafka and not there. */
  readonly missing: readonly string[];
}

const LONGEST_LINE = 64 * 1024;

/** An inlet record as anyone would read it: the serial of an event, a refused line, or nothing. */
function readInletRecord({ value, isNull }: LogRecord): { serial: string } | "refused" | "nothing" {
  const text = value.toString();
  if (isNull === true || text.trim() === "") return "nothing";
  if (value.length > LONGEST_LINE || !text.startsWith("{")) return "refused";
  const { endpoint } = JSON.parse(text) as { endpoint?: string };
  return endpoint === undefined ? "refused" : { serial: endpoint };
}

/** The serial of an event of the journal. */
function serialOf({ value }: LogRecord): string | undefined {
  const { type, endpoint } = JSON.parse(value.toString()) as { type: string; endpoint?: string };
  return type === "event" ? endpoint : undefined;
}

export function expectedOf(
  ledger: Ledger,
  { inlet, journal }: { readonly inlet: readonly LogRecord[]; readonly journal: readonly LogRecord[] },
  teamOf: (agent: string) => string | undefined,
): Expected {
  const events = new Map<string, number>();
  const letters = new Set<string>();
  const inInlet = new Map<string, number>();
  for (const record of inlet) {
    const read = readInletRecord(record);
    if (read === "refused") letters.add(`${record.topic}/${record.partition}/${record.offset}`);
    else if (read !== "nothing") inInlet.set(read.serial, (inInlet.get(read.serial) ?? 0) + 1);
  }
  for (const serial of ledger.acknowledged) events.set(serial, 1);
  for (const record of journal) {
    const serial = serialOf(record);
    if (serial !== undefined && ledger.doubtful.has(serial)) events.set(serial, 1);
  }
  // Whatever else is in Kafka counts; only a stranger's line that came twice is two events.
  for (const [serial, times] of inInlet) events.set(serial, wayOf(serial) === "stranger" ? times : 1);
  const missing = [...ledger.acknowledged].filter((serial) => wayOf(serial) !== "http" && !inInlet.has(serial));

  const spent = new Map<string, number>();
  for (const [serial, times] of events) {
    const line = ledger.made.get(serial);
    if (line === undefined) throw new Error(`nobody produced ${serial}`);
    for (const scope of scopesOf(line, teamOf)) spent.set(scope, (spent.get(scope) ?? 0) + times * line.millis);
  }
  return { events, letters, spent, missing };
}

function scopesOf({ agent, credential }: Line, teamOf: (agent: string) => string | undefined): string[] {
  const team = teamOf(agent);
  return [`agent:${agent}`, ...(team === undefined ? [] : [`team:${team}`]), `credential:${credential}`, "fleet:fleet"];
}
