/** Events of a JSON-lines file, judged by the same intake as any other, with the arrival that the file tells. */
import { createReadStream } from "node:fs";
import type { EventRecord } from "../../schemas/journal.ts";
import type { Intake } from "./intake.ts";
import { parseTimestamp } from "./timestamp.ts";

export interface ReadEventsOptions {
  readonly file: string;
  readonly intake: Intake;
  /** A line that is no event, with its number and the reason. */
  readonly onRefused: (line: number, reason: string) => void;
}

const NEWLINE = 0x0a;

/** In the order of the file. Arrival is the line's `arrived_at`, else its timestamp. Rejects when the file cannot be read. */
export async function* readEvents({ file, intake, onRefused }: ReadEventsOptions): AsyncGenerator<EventRecord> {
  let number = 0;
  for await (const bytes of linesOf(file)) {
    number += 1;
    const verdict = intake.line(bytes, number, {
      name: `file:${file}`,
      arrivedAt: arrivalOf(bytes),
      backfill: false,
      identify: (line) => ({ id: `${file}:${line}`, source: "position" }),
    });
    if (verdict.kind === "event") yield verdict.event;
    if (verdict.kind === "refused") onRefused(number, verdict.letter.reason);
  }
}

async function* linesOf(file: string): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
    const bytes = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
      yield bytes.subarray(from, end);
      from = end + 1;
    }
    rest = bytes.subarray(from);
  }
  if (rest.length > 0) yield rest;
}

/** Unix milliseconds; 0 where the line does not tell, which intake refuses for its own reasons. */
function arrivalOf(line: Buffer): number {
  try {
    const { arrived_at, timestamp } = JSON.parse(line.toString()) as Record<string, unknown>;
    if (typeof arrived_at === "number" && Number.isSafeInteger(arrived_at)) return arrived_at;
    // The platform's own reading takes a time without a zone for local time.
    return parseTimestamp(String(arrived_at ?? timestamp).trim()) ?? 0;
  } catch {
    return 0;
  }
}
