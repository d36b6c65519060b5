/** Budgets that span agents, in one partition: what its own agents used, and the sums whose key stands here. */
import type { WatchConfig } from "../../schemas/config.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { EventRecord, Position } from "../../schemas/journal.ts";
import type { ScopeRecord } from "../../schemas/scope.ts";
import type { Zones } from "../time/zones.ts";
import { createPartTotals } from "./part-totals.ts";
import { createScopeSettings } from "./scope-budgets.ts";
import { createScopeSums } from "./scope-sums.ts";

const TOTALS = "totals";
const SCOPE = "scope:";

/** The runner's side of totals that span agents. State keys: `totals`, and `scope:KIND:NAME` for each sum. */
export interface Scopes {
  configure(config: WatchConfig): void;
  /** The configuration in force is another one than before this record. */
  reconfigured(position: Position, now: number): void;
  onEvent(event: EventRecord, position: Position, now: number): void;
  onRecord(record: ScopeRecord, position: Position, now: number): readonly Finding[];
  nextDue(): number | undefined;
  fire(due: number): void;
  caughtUp(now: number): void;
  takeRecords(): readonly ScopeRecord[];
  owns(key: string): boolean;
  save(key: string): string | null;
  restore(key: string, saved: unknown): void;
}

export interface ScopesOptions {
  readonly partition: number;
  readonly zones: Zones;
  readonly config: WatchConfig;
  /** A state key changed. */
  readonly onChange: (key: string) => void;
}

/** Nothing used yet. */
export function createScopes({ partition, zones, config, onChange }: ScopesOptions): Scopes {
  const settings = createScopeSettings(config);
  const parts = createPartTotals({ partition, zones, settings });
  const sums = createScopeSums({ zones, settings });
  return {
    configure(next) {
      const changed = createScopeSettings(next);
      parts.configure(changed);
      sums.configure(changed);
    },
    reconfigured({ offset }, now) {
      if (parts.reportAnew(offset, now)) onChange(TOTALS);
    },
    onEvent(event, { offset }, now) {
      if (parts.onEvent(event, offset, now)) onChange(TOTALS);
    },
    onRecord(record, position, now) {
      const { findings, changed } = sums.take(record, position, now);
      for (const key of changed) onChange(SCOPE + key);
      return findings;
    },
    nextDue: parts.nextDue,
    fire(due) {
      if (parts.fire(due)) onChange(TOTALS);
    },
    caughtUp(now) {
      if (parts.caughtUp(now)) onChange(TOTALS);
    },
    takeRecords: parts.take,
    owns: (key) => key === TOTALS || key.startsWith(SCOPE),
    save: (key) => (key === TOTALS ? parts.save() : sums.save(key.slice(SCOPE.length))),
    restore(key, saved) {
      if (key === TOTALS) parts.restore(saved);
      else sums.restore(key.slice(SCOPE.length), saved);
    },
  };
}
