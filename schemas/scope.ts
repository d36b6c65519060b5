/** Totals that span agents: of a team, of the fleet, of a credential; and the journal record that carries their parts. */

/** Whom a finding or an incident is about. */
export interface Scope {
  readonly kind: "agent" | "team" | "credential" | "fleet" | "watchkeeper";
  /** The agent, the team, the credential as the events name it; `fleet` for the fleet, `watchkeeper` for itself. */
  readonly name: string;
}

/** As messages and lists name it: the agent's name, "team growth", "the fleet", "credential openai_key", "Watchkeeper". */
export function scopeWords({ kind, name }: { readonly kind: string; readonly name: string }): string {
  switch (kind) {
    case "agent":
      return name;
    case "fleet":
      return "the fleet";
    case "watchkeeper":
      return "Watchkeeper";
    default:
      return `${kind} ${name}`;
  }
}

/** A scope whose agents may stand in several partitions. */
export interface SharedScope extends Scope {
  readonly kind: Exclude<Scope["kind"], "agent" | "watchkeeper">;
}

/** What one agent used of a scope's total. */
export interface ScopeShare {
  readonly name: string;
  /** At least this much of the unit; exact while the agents of a partition are few. */
  readonly amount: number;
  /** At least so many calls. */
  readonly calls: number;
}

/** What the agents of one partition used of one unit in one calendar period. */
export interface ScopeUsageRecord {
  /** Unit, tool and period of the budgets that share it: "usd/week", "uses:web_search/hour". */
  readonly key: string;
  /** Calendar period in the top-level time zone: stable name, start (inclusive), end (exclusive), Unix milliseconds. */
  readonly period: { readonly key: string; readonly start: number; readonly end: number };
  /** Exact decimal, at most 12 decimals: US dollars, else a count. */
  readonly sum: string;
  /** First charge of the period, judged time, Unix milliseconds; 0: none had a price. */
  readonly since: number;
  readonly calls: number;
  /** Calls without a price. */
  readonly unpriced: number;
  /** The agents that used most, at most 3, the greatest first. */
  readonly agents: readonly ScopeShare[];
}

/**
 * What the agents of one partition used of a scope's budgets so far, keyed by the scope's bare name. The totals are
 * cumulative: a later record of the same source replaces an earlier one, so a repeated record adds nothing.
 */
export interface ScopeRecord {
  readonly type: "scope";
  /** The clock of the source partition, Unix milliseconds. */
  readonly at: number;
  readonly scope: SharedScope;
  /** Where the agents stand, and the offset of the last event that the totals hold. */
  readonly source: { readonly partition: number; readonly offset: number };
  readonly usages: readonly ScopeUsageRecord[];
  /** Nothing live since the last record (history that came in, a new configuration): it counts and tells nobody. */
  readonly quiet?: true;
  /** Arrival of the first live event since the last record, Unix milliseconds. */
  readonly arrived_at?: number;
}
