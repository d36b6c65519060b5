/**
 * The ledger of one partition: for every rule and every hour of the partition's clock, what it was shown and said.
 * It stands beside the runner and changes no finding; what it counted is state like theirs, true to an offset.
 */
import type { Finding } from "../schemas/finding.ts";
import { clockOf, type JournalRecord, type Position } from "../schemas/journal.ts";
import type { Judgement } from "../schemas/judgement.ts";
import { readSaved } from "./runner/agent-memory.ts";
import type { Runner } from "./runner.ts";
import { HOUR_MS } from "./time/zones.ts";

const KEY = "ledger";
/** After a longer pause the hours before are one window. */
const MOST_HOURS = 48;

interface Counts {
  events: number;
  findings: Record<string, number>;
  failures: Record<string, number>;
}

interface Saved extends Counts {
  readonly v: 1;
  readonly offset: number;
  readonly from: number;
}

/** A runner that also keeps the ledger. State key: `ledger`. */
export interface LedgerRunner extends Runner {
  /** A detector threw on a record. */
  failed(detector: string): void;
  /** Windows that closed since the last call. */
  takeJudgements(): readonly Judgement[];
}

export interface LedgerOptions {
  /** Names of the detectors that the runner runs. */
  readonly rules: readonly string[];
  readonly partition: number;
}

const nothing = (): Counts => ({ events: 0, findings: {}, failures: {} });

/** The runner with a ledger that begins at its next event. */
export function withLedger(runner: Runner, { rules, partition }: LedgerOptions): LedgerRunner {
  let offset = -1;
  /** Start of the open window; 0: no event came yet. */
  let from = 0;
  let counts = nothing();
  let closed: Judgement[] = [];
  let dirty = false;
  /** The records at hand are counted already. */
  let isReplay = false;

  function close(to: number, at: number): void {
    for (const rule of rules) {
      const { events, findings, failures } = counts;
      const said = { events, findings: findings[rule] ?? 0, failures: failures[rule] ?? 0 };
      closed.push({ partition, rule, from, to, ...said, at });
    }
    counts = nothing();
    from = to;
  }

  /** Closes what ended before this moment. */
  function moveTo(at: number): void {
    const start = Math.floor(at / HOUR_MS) * HOUR_MS;
    if (from === 0 || start <= from) return;
    close(Math.max(from + HOUR_MS, start - MOST_HOURS * HOUR_MS), at);
    while (from < start) close(from + HOUR_MS, at);
  }

  function count(findings: readonly Finding[]): readonly Finding[] {
    for (const { detector } of findings) counts.findings[detector] = (counts.findings[detector] ?? 0) + 1;
    return findings;
  }

  /** Takes in a record once, whatever is replayed. */
  function take(record: JournalRecord, position: Position): boolean {
    isReplay = position.offset <= offset;
    if (isReplay) return false;
    offset = position.offset;
    dirty = true;
    moveTo(clockOf(record));
    if (record.type === "gap" && record.group === "watch") {
      const { at, partition: of, to, from: first } = record;
      const lost = { events: to - first, findings: 0, failures: 0 };
      closed.push({ partition: of, rule: "*", from: at, to: at, ...lost, at, isMissed: true });
    }
    if (record.type === "late") {
      const { at, source, from: first, to, events, findings } = record;
      const judged = { from: first, to, events, findings, failures: 0 };
      closed.push({ partition: source.partition, rule: "*", ...judged, at, isLate: true });
    }
    if (record.type !== "event" || record.backfill === true) return true;
    if (from === 0) from = Math.floor(record.arrived_at / HOUR_MS) * HOUR_MS;
    counts.events++;
    return true;
  }

  return {
    ...runner,
    evaluate(record, position) {
      const isNews = take(record, position);
      const findings = runner.evaluate(record, position);
      return isNews ? count(findings) : findings;
    },
    fire(due) {
      const findings = runner.fire(due);
      return isReplay ? findings : count(findings);
    },
    failed(detector) {
      counts.failures[detector] = (counts.failures[detector] ?? 0) + 1;
    },
    takeJudgements() {
      const taken = closed;
      closed = [];
      return taken;
    },
    takeDirty() {
      const keys = dirty ? [...runner.takeDirty(), KEY] : runner.takeDirty();
      dirty = false;
      return keys;
    },
    save(key) {
      const saved: Saved = { v: 1, offset, from, ...counts };
      return key === KEY ? JSON.stringify(saved) : runner.save(key);
    },
    restore(key, value) {
      if (key !== KEY) return runner.restore(key, value);
      const saved = readSaved(value) as Saved;
      isReplay = true;
      offset = saved.offset;
      from = saved.from;
      counts = { events: saved.events, findings: { ...saved.findings }, failures: { ...saved.failures } };
    },
  };
}
