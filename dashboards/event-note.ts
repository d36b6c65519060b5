/** The few words that say what an event was about. */
import type { Row } from "./ask.ts";
import { plain } from "./plain-text.ts";

/** The endpoint, the reasoning, the target or the details, whichever the kind has; plain text, uncut. */
export function noteOf(row: Row): string {
  const line = lineOf(row);
  const candidates =
    row.kind === "decision" ? [line.reasoning, row.target, line.details] : [row.endpoint, row.target, line.details];
  const note = candidates.find((candidate) => candidate !== undefined && candidate !== null && candidate !== "");
  return plain(typeof note === "object" ? JSON.stringify(note) : String(note ?? ""));
}

function lineOf(row: Row): Readonly<Record<string, unknown>> {
  try {
    const line: unknown = JSON.parse(String(row.raw));
    return typeof line === "object" && line !== null ? (line as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
