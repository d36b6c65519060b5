/**
 * What the agents of one partition used of every scope, and when that is reported: at once after a quiet second, else
 * when the second is over. An owner that still replays reports nothing; what it owes leaves when it
 * has caught up.
 */
import type { EventRecord } from "../../schemas/journal.ts";
import type { ScopeRecord } from "../../schemas/scope.ts";
import { DueQueue } from "../runner/due-queue.ts";
import type { Zones } from "../time/zones.ts";
import {
  callsOf,
  chargePart,
  emptyTotal,
  isCharged,
  mergePart,
  type Now,
  noteQuiet,
  type PartTotal,
  reportPart,
} from "./part-total.ts";
import { type ScopeBudgets, type ScopeSettings, scopeKey } from "./scope-budgets.ts";

/** Between two records of a scope, on the partition's clock. */
const REPORT_EVERY_MS = 1000;

interface Saved {
  readonly v: 1;
  readonly offset: number;
  readonly at: number;
  /** `isAlone`: a credential that is counted by itself. */
  readonly totals: readonly { readonly total: PartTotal; readonly isAlone: boolean }[];
}

export interface PartTotals {
  configure(settings: ScopeSettings): void;
  /** Another configuration than before is in force: totals are reported under it, and nobody is told of them. True when there are any. */
  reportAnew(offset: number, at: number): boolean;
  /** Takes in an event; true when it changed a total. Events at or before the restored offset are skipped. */
  onEvent(event: EventRecord, offset: number, at: number): boolean;
  /** When something is to be reported; undefined: nothing waits, or the owner still replays. */
  nextDue(): number | undefined;
  /** Reports what is due at or before `due`; true when anything was. */
  fire(due: number): boolean;
  /** From here on records leave; what is owed leaves at once. True when anything did. */
  caughtUp(at: number): boolean;
  /** Records since the last call. */
  take(): ScopeRecord[];
  /** One value for all totals, true to one offset, so that what moves between them is never half saved. */
  save(): string;
  restore(saved: unknown): void;
}

export interface PartTotalsOptions {
  readonly partition: number;
  readonly zones: Zones;
  readonly settings: ScopeSettings;
}

/** No totals yet. */
export function createPartTotals(options: PartTotalsOptions): PartTotals {
  const { partition, zones } = options;
  let { settings } = options;
  const totals = new Map<string, PartTotal>();
  /** Keys of the credentials that are counted by themselves. */
  const credentials = new Set<string>();
  const timers = new DueQueue();
  let records: ScopeRecord[] = [];
  let isLive = false;
  let offset = -1;
  let clock = 0;

  const now = (): Now => ({ at: clock, zones, timezone: settings.timezone });

  function report(key: string, total: PartTotal): void {
    timers.set(key, undefined);
    const record = reportPart(total, { partition, offset }, now());
    if (record !== undefined) records.push(record);
    if (total.usages.length === 0) drop(key);
  }

  /** The record is due a second after the last one. */
  function schedule(key: string, total: PartTotal): void {
    const due = total.reportedAt + REPORT_EVERY_MS;
    if (isLive && due <= clock) report(key, total);
    else timers.set(key, due);
  }

  function drop(key: string): void {
    totals.delete(key);
    credentials.delete(key);
    timers.set(key, undefined);
  }

  /** The credential that is used least, the one that came first of equals; one that was used once is never undercut. */
  function leastUsed(): readonly [key: string, calls: number] | undefined {
    let least: readonly [string, number] | undefined;
    for (const key of credentials) {
      const calls = callsOf(totals.get(key) as PartTotal, clock);
      if (least === undefined || calls < least[1]) least = [key, calls];
      if (calls <= 1) break;
    }
    return least;
  }

  /** Makes room for a credential: the least used is counted with the others, unless every one was used more than once. */
  function makeRoom(): boolean {
    if (credentials.size < settings.credentialLimit) return true;
    const [key, calls] = leastUsed() ?? ["", Number.POSITIVE_INFINITY];
    const total = totals.get(key);
    if (total === undefined || calls > 1) return false;
    const others = settings.find(total.scope)?.others;
    drop(key);
    if (others === undefined) return true;
    const into = totalOf(others);
    mergePart(into, total, now());
    if (into.unreported !== "nothing") schedule(others.key, into);
    return true;
  }

  /** A credential's first record waits a second like any other, so that made-up names cost no records. */
  function totalOf({ key, scope, others }: ScopeBudgets): PartTotal {
    let total = totals.get(key);
    if (total === undefined) {
      total = emptyTotal(scope, scope.kind === "credential" ? clock : 0);
      totals.set(key, total);
      if (others !== undefined) credentials.add(key);
    }
    return total;
  }

  function charge(written: ScopeBudgets, event: EventRecord): boolean {
    const { others, usages } = written;
    if (!usages.some(([, budget]) => isCharged(budget, event, now()))) return false;
    const counted = others === undefined || totals.has(written.key) || makeRoom() ? written : others;
    const total = totalOf(counted);
    chargePart(total, counted, event, now());
    schedule(counted.key, total);
    return true;
  }

  return {
    configure(next) {
      settings = next;
    },
    reportAnew(at, time) {
      // What is known holds later events: this is a replay.
      if (at <= offset || totals.size === 0) return false;
      clock = Math.max(clock, time);
      for (const [key, total] of totals) {
        if (settings.find(total.scope) === undefined) {
          drop(key);
          continue;
        }
        noteQuiet(total);
        schedule(key, total);
      }
      return true;
    },
    onEvent(event, at, time) {
      if (settings.isEmpty || at <= offset) return false;
      clock = Math.max(clock, time);
      const before = offset;
      offset = at;
      let charged = false;
      for (const written of settings.ofAgent(event.agent)) charged = charge(written, event) || charged;
      const credential = event.credential === undefined ? undefined : settings.ofCredential(event.credential);
      if (credential !== undefined) charged = charge(credential, event) || charged;
      if (!charged) offset = before;
      return charged;
    },
    nextDue: () => (isLive ? timers.nextDue() : undefined),
    fire(until) {
      let reported = false;
      for (let due = timers.nextDue(); isLive && due !== undefined && due <= until; due = timers.nextDue()) {
        const key = timers.take(due);
        const total = totals.get(key ?? "");
        if (key === undefined || total === undefined) continue;
        clock = Math.max(clock, due);
        report(key, total);
        reported = true;
      }
      return reported;
    },
    caughtUp(at) {
      isLive = true;
      clock = Math.max(clock, at);
      const owed = [...totals].filter(([, { unreported }]) => unreported !== "nothing");
      for (const [key, total] of owed) report(key, total);
      return owed.length > 0;
    },
    take() {
      const taken = records;
      records = [];
      return taken;
    },
    save() {
      const all = [...totals].map(([key, total]) => ({ total, isAlone: credentials.has(key) }));
      const saved: Saved = { v: 1, offset, at: clock, totals: all };
      return JSON.stringify(saved);
    },
    restore(value) {
      const saved = value as Saved;
      offset = saved.offset;
      clock = saved.at;
      for (const { total, isAlone } of saved.totals) {
        const key = scopeKey(total.scope);
        totals.set(key, { ...total, arrivedAt: total.arrivedAt });
        if (isAlone) credentials.add(key);
      }
    },
  };
}
