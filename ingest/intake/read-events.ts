/** Events of a JSON-lines file, judged by the same intake as any other, with the arrival that the file tells. */
import type { EventRecord } from "../../schemas/journal.ts";
import type { Intake } from "./intake.ts";
import { type OrderedLinesOptions, orderedLines } from "./ordered-lines.ts";
import { parseTimestamp } from "./timestamp.ts";

export interface ReadEventsOptions extends Pick<OrderedLinesOptions, "file" | "onUnordered"> {
  readonly intake: Intake;
  /** A line that is no event, with its number and the reason. */
  readonly onRefused: (line: number, reason: string) => void;
}

/** In the order of arrival: the line's `arrived_at`, else its timestamp. Rejects when the file cannot be read. */
export async function* readEvents(options: ReadEventsOptions): AsyncGenerator<EventRecord> {
  const { file, intake, onRefused } = options;
  for await (const { bytes, number, arrivedAt } of orderedLines({ ...options, arrivalOf })) {
    const verdict = intake.line(bytes, number, {
      name: `file:${file}`,
      arrivedAt,
      backfill: false,
      identify: (line) => ({ id: `${file}:${line}`, source: "position" }),
    });
    if (verdict.kind === "event") yield verdict.event;
    if (verdict.kind === "refused") onRefused(number, verdict.letter.reason);
  }
}

/** Undefined where the line does not tell, which intake refuses for its own reasons. */
function arrivalOf(line: Buffer): number | undefined {
  try {
    const { arrived_at, timestamp } = JSON.parse(line.toString()) as Record<string, unknown>;
    if (typeof arrived_at === "number" && Number.isSafeInteger(arrived_at)) return arrived_at;
    // The platform's own reading takes a time without a zone for local time.
    return parseTimestamp(String(arrived_at ?? timestamp).trim());
  } catch {
    return undefined;
  }
}
