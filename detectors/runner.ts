/** Runs every detector over a partition's one ordered input. */
import type { Finding } from "../schemas/finding.ts";
import type { JournalRecord, Position } from "../schemas/journal.ts";
import type { Detector } from "./detector.ts";

export interface RunnerOptions {
  readonly detectors: readonly Detector[];
  readonly partition: number;
  /** A detector threw on a record; the others went on. */
  readonly onFailure?: (detector: string, agent: string, error: unknown) => void;
  /** An agent was forgotten because `limits.agents` was reached. */
  readonly onEvicted?: (agent: string) => void;
}

/**
 * The detectors of one partition. The caller fires the timers due at or before a record's clock first, in due order,
 * then hands over the record.
 */
export interface Runner {
  evaluate(record: JournalRecord, position: Position): readonly Finding[];
  /** Runs the timers that are due at `due`; the watch's clock moves there. */
  fire(due: number): readonly Finding[];
  nextDue(): number | undefined;
  /** Keys whose state changed since the last call: `agent:NAME`, `agent:NAME/baseline`, `partition`. */
  takeDirty(): string[];
  /** JSON text; null: the key is to be removed. */
  save(key: string): string | null;
  restore(key: string, value: Buffer): void;
}
