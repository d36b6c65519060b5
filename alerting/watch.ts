/**
 * The deterministic core of one partition: timers of detectors and incidents first, in due order, then the record.
 * It sends nothing; what it decided leaves through `takeOutputs`, and reaches the sender when that is durable.
 */

import type { Finding } from "../schemas/finding.ts";
import type { FindingsRecord, Incident } from "../schemas/incident.ts";
import { clockOf, type JournalRecord, type Position } from "../schemas/journal.ts";
import { TOPICS, type Topic } from "../schemas/topics.ts";
import type { Change } from "./change.ts";
import type { IncidentBook } from "./incident-book.ts";
import { judgementRecords } from "./judgement-records.ts";
import type { Append, Judge, Put } from "./ports.ts";
import { parseState, stateKey } from "./send/state-key.ts";
import type { AlertingTelemetry } from "./telemetry.ts";

/** Where changes go once they are durable: the sender's side of this partition. */
export interface Outlet {
  restoreIncident(incident: Incident): void;
  restoreSent(id: string, value: string): void;
  /** Everything is restored: sending may begin. */
  start(): void;
  handle(changes: readonly Change[]): void;
  /** Tells no more; resolves when what is under way is recorded. */
  close(): Promise<void>;
}

interface WatchOutputs {
  readonly puts: readonly Put[];
  readonly appends: readonly Append[];
  /** To the partition of their own key. */
  readonly routed: readonly Append[];
  readonly changed: readonly Change[];
}

export interface AlertWatch {
  restore(topic: Topic, key: string, value: Buffer): void;
  process(record: JournalRecord, position: Position): void;
  takeOutputs(): WatchOutputs;
  release(changed: readonly Change[]): void;
  caughtUp(): void;
  nextDue(): number | undefined;
  takeDirty(): string[];
  save(key: string): string | null;
  isShared(key: string): boolean;
  close(): Promise<void>;
}

export interface WatchOptions {
  readonly judge: Judge;
  readonly book: IncidentBook;
  readonly telemetry: Pick<AlertingTelemetry, "judgeFailed">;
  /** Left out (a backtest): nothing is sent. */
  readonly outlet?: Outlet;
  /** The wall clock, for the ledger alone: nothing is decided by it. Left out: no ledger is written. */
  readonly now?: () => number;
}

/** Arrival of the event that a record is or tells of; null where no event decides. */
function arrivalOf(record: JournalRecord): number | null {
  if (record.type === "event") return record.arrived_at;
  return (record.type === "scope" ? record.arrived_at : undefined) ?? null;
}

function sooner(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

/** The watch of one partition over its detectors and its incidents. */
export function createWatch({ judge, book, telemetry, outlet, now }: WatchOptions): AlertWatch {
  const puts = new Map<string, Put>();
  const changed = new Map<string, Change>();
  const told = new Map<string, number>();
  let appends: Append[] = [];
  let started = false;
  let clock = Number.NEGATIVE_INFINITY;

  function append(key: string, record: FindingsRecord): void {
    appends.push({ topic: TOPICS.findings, key, value: JSON.stringify(record) });
  }

  function note(incidents: readonly Incident[], arrivedAt: number | null): void {
    for (const incident of incidents) {
      const key = stateKey("incident", incident.id);
      puts.set(key, { topic: TOPICS.incidents, key, value: JSON.stringify(incident) });
      if (told.get(incident.id) === incident.revision) continue;
      told.set(incident.id, incident.revision);
      append(incident.agent, { type: "incident", incident });
      const before = changed.get(incident.id);
      const first = before?.kind === "changed" ? (before.arrivedAt ?? arrivedAt) : arrivedAt;
      changed.set(incident.id, { kind: "changed", incident, arrivedAt: first });
    }
    for (const id of book.takeForgotten()) {
      told.delete(id);
      changed.set(id, { kind: "forgotten", id });
    }
  }

  function take(findings: readonly Finding[], arrivedAt: number | null): void {
    for (const finding of findings) {
      const touched = book.apply(finding);
      // An incident that was restored already holds it: a replay, told and written before.
      if (touched[0] === undefined) continue;
      append(finding.agent, { type: "finding", finding, incident: touched[0].id });
      note(touched, arrivedAt);
    }
  }

  function guarded(position: Position, step: () => void): boolean {
    try {
      step();
      return true;
    } catch (error) {
      telemetry.judgeFailed(position, error);
      return false;
    }
  }

  function fireUntil(clock: number, position: Position): void {
    let timers = true;
    for (;;) {
      const ofBook = book.nextDue();
      const ofJudge: number | undefined = timers ? judge.nextDue() : undefined;
      const due = sooner(ofBook, ofJudge);
      if (due === undefined || due > clock) return;
      if (due === ofBook) note(book.advance(due), null);
      // A timer that fails, or stays due, waits for the next record: incidents still end in time.
      if (due === ofJudge) timers = guarded(position, () => take(judge.fire(due), null)) && judge.nextDue() !== due;
    }
  }

  function start(): void {
    if (started) return;
    started = true;
    outlet?.start();
  }

  return {
    restore(topic, key, value) {
      if (topic === TOPICS.watchState) return judge.restore(key, value);
      const state = parseState(key);
      if (state?.kind === "sent") return outlet?.restoreSent(state.id, value.toString("utf8"));
      if (state?.kind !== "incident") return;
      const incident = JSON.parse(value.toString("utf8")) as Incident;
      told.set(incident.id, incident.revision);
      book.restore(incident);
      outlet?.restoreIncident(incident);
    },
    process(record, position) {
      clock = Math.max(clock, clockOf(record));
      fireUntil(clock, position);
      const arrivedAt = arrivalOf(record);
      guarded(position, () => take(judge.evaluate(record, position), arrivedAt));
      if (record.type === "human") note(book.hear(record), null);
    },
    takeOutputs() {
      const routed = judge.takeRecords().map((record): Append => {
        return { topic: TOPICS.journal, key: record.scope.name, value: JSON.stringify(record) };
      });
      for (const record of judgementRecords(judge.takeJudgements?.() ?? [], now)) append("ledger", record);
      const outputs = { puts: [...puts.values()], appends, routed, changed: [...changed.values()] };
      puts.clear();
      changed.clear();
      appends = [];
      return outputs;
    },
    release(changes) {
      start();
      if (changes.length > 0) outlet?.handle(changes);
    },
    caughtUp: () => judge.caughtUp(),
    nextDue() {
      start();
      return sooner(book.nextDue(), judge.nextDue());
    },
    takeDirty() {
      start();
      return judge.takeDirty();
    },
    save: (key) => judge.save(key),
    isShared: (key) => judge.isShared?.(key) ?? false,
    close: async () => outlet?.close(),
  };
}
