import { createIntake, type Intake } from "../../../ingest/intake/intake.ts";
import type { LineSource, LineVerdict } from "../../../ingest/intake/verdict.ts";
import type { Price } from "../../../schemas/config.ts";
import type { DeadLetterRecord, EventRecord } from "../../../schemas/journal.ts";

/** The receiver's clock of these tests. */
export const ARRIVED = Date.parse("2026-01-27T14:33:00Z");

export function sourceAt(arrivedAt = ARRIVED, backfill = false): LineSource {
  return { name: "http", arrivedAt, backfill, identify: (line) => ({ id: `batch:${line}`, source: "arrival" }) };
}

export function intakeWith(options: { lineBytes?: number; prices?: Price[] } = {}): Intake {
  return createIntake({ lineBytes: options.lineBytes ?? 65_536, prices: options.prices ?? [] });
}

const intake = intakeWith();

export function judge(line: string | Buffer, source: LineSource = sourceAt()): LineVerdict {
  return intake.line(Buffer.from(line), 1, source);
}

export function accepted(line: string | object, source?: LineSource): EventRecord {
  const verdict = judge(typeof line === "string" ? line : JSON.stringify(line), source);
  if (verdict.kind !== "event") throw new Error(`not accepted: ${JSON.stringify(verdict)}`);
  return verdict.event;
}

export function refused(line: string | Buffer | object): DeadLetterRecord {
  const verdict = judge(typeof line === "string" || Buffer.isBuffer(line) ? line : JSON.stringify(line));
  if (verdict.kind !== "refused") throw new Error(`not refused: ${JSON.stringify(verdict)}`);
  return verdict.letter;
}

/** A valid action with more fields. */
export function action(fields: object = {}): Record<string, unknown> {
  return { timestamp: "2026-01-27T14:32:15Z", agent: "competitor_monitor", action: "read_page", ...fields };
}

/** A valid action as text, with members written as they are. */
export function actionText(members: string): string {
  return `{"timestamp":"2026-01-27T14:32:15Z","agent":"competitor_monitor","action":"read_page",${members}}`;
}
