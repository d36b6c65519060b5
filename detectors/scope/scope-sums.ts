/** The sums of the scopes whose key stands in this partition. Those of made-up credentials are bounded. */
import type { Finding } from "../../schemas/finding.ts";
import type { Position } from "../../schemas/journal.ts";
import type { ScopeRecord } from "../../schemas/scope.ts";
import type { Zones } from "../time/zones.ts";
import { type ScopeSettings, scopeKey } from "./scope-budgets.ts";
import { addPart, emptySum, type ScopeSum } from "./scope-sum.ts";

/** Sums of credentials kept at once, in multiples of what one source counts one by one. */
const CREDENTIALS_KEPT = 10;
const CREDENTIAL = "credential:";

export interface ScopeSums {
  configure(settings: ScopeSettings): void;
  /** Takes in a part; what it says, and the keys (`KIND:NAME`) whose state changed. */
  take(
    record: ScopeRecord,
    position: Position,
    now: number,
  ): { findings: readonly Finding[]; changed: readonly string[] };
  /** The value of a key; null where nothing is known any more. */
  save(key: string): string | null;
  restore(key: string, saved: unknown): void;
}

export interface ScopeSumsOptions {
  readonly zones: Zones;
  readonly settings: ScopeSettings;
}

interface Saved extends ScopeSum {
  readonly v: 1;
}

/** No sums yet. */
export function createScopeSums(options: ScopeSumsOptions): ScopeSums {
  const { zones } = options;
  let { settings } = options;
  let sums = new Map<string, ScopeSum>();
  let isSorted = true;

  /** Order of use follows from the offsets, so it is the same after a restart. */
  function sort(): void {
    if (isSorted) return;
    isSorted = true;
    sums = new Map([...sums].sort(([, a], [, b]) => a.offset - b.offset));
  }

  /** The credentials that were heard of longest ago go: their parts are cumulative and come again when they are used. */
  function evict(): string[] {
    const credentials = [...sums.keys()].filter((key) => key.startsWith(CREDENTIAL));
    const going = credentials.slice(0, Math.max(0, credentials.length - CREDENTIALS_KEPT * settings.credentialLimit));
    for (const key of going) sums.delete(key);
    return going;
  }

  return {
    configure(next) {
      settings = next;
    },
    take(record, position, now) {
      sort();
      const key = scopeKey(record.scope);
      // A replay, perhaps under a former configuration: the sum holds it already.
      if (position.offset <= (sums.get(key)?.offset ?? -1)) return { findings: [], changed: [] };
      const written = settings.find(record.scope);
      if (written === undefined) return { findings: [], changed: sums.delete(key) ? [key] : [] };
      const known = sums.get(key);
      const sum = known ?? emptySum();
      sums.delete(key);
      sums.set(key, sum);
      const { timezone } = settings;
      const findings = addPart(sum, record, written, { position, now: Math.max(now, sum.at), zones, timezone });
      const gone = known === undefined && record.scope.kind === "credential" ? evict() : [];
      return { findings, changed: [key, ...gone] };
    },
    save(key) {
      const sum = sums.get(key);
      if (sum === undefined) return null;
      const saved: Saved = { v: 1, ...sum };
      return JSON.stringify(saved);
    },
    restore(key, saved) {
      const { offset, at, parts, spoken } = saved as Saved;
      sums.set(key, { offset, at, parts, spoken });
      isSorted = false;
    },
  };
}
