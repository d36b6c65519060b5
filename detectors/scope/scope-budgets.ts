/** Which totals that span agents somebody wrote budgets for, and whose events they hold. */
import type { Budget, WatchConfig } from "../../schemas/config.ts";
import type { EventRecord } from "../../schemas/journal.ts";
import type { SharedScope } from "../../schemas/scope.ts";
import { usageKeyOf } from "../budget/usage.ts";
import { matchesWildcard } from "../budget/wildcard.ts";

/** Longer names of credentials are cut: they are agents' own words. */
const NAME_LENGTH = 128;
/** Matches of credentials remembered at once. */
const REMEMBERED = 1000;
const CREDENTIALS = 100;
const FLEET = "fleet";

/** A scope and what was written for it. */
export interface ScopeBudgets {
  /** `KIND:NAME`. */
  readonly key: string;
  readonly scope: SharedScope;
  readonly budgets: readonly Budget[];
  /** One budget of each usage: several amounts share what was used. */
  readonly usages: readonly (readonly [key: string, budget: Budget])[];
  /** Of a credential: where it is counted when there are too many. */
  readonly others?: ScopeBudgets;
}

export interface ScopeSettings {
  readonly timezone: string;
  /** Credentials with a total of their own per partition. */
  readonly credentialLimit: number;
  /** Whether anything was written at all. */
  readonly isEmpty: boolean;
  /** The fleet and the agent's team, where they have budgets. */
  ofAgent(agent: string): readonly ScopeBudgets[];
  ofCredential(name: NonNullable<EventRecord["credential"]>): ScopeBudgets | undefined;
  /** What is written for a scope; undefined when nothing is. */
  find(scope: SharedScope): ScopeBudgets | undefined;
}

type Written = { readonly budgets?: readonly Budget[] | undefined } | undefined;

export const scopeKey = ({ kind, name }: SharedScope): string => `${kind}:${name}`;

function written(kind: SharedScope["kind"], name: string, entry: Written): ScopeBudgets | undefined {
  const budgets = entry?.budgets ?? [];
  if (budgets.length === 0) return undefined;
  const usages = new Map(budgets.map((budget) => [usageKeyOf(budget), budget] as const));
  const scope = { kind, name };
  return { key: scopeKey(scope), scope, budgets, usages: [...usages] };
}

/** Everybody whose credentials match this pattern and found no place of their own. */
const othersOf = (pattern: string): string => `(others of ${pattern})`;

/** The totals under one configuration. */
export function createScopeSettings(config: WatchConfig): ScopeSettings {
  const fleet = written("fleet", FLEET, config.fleet);
  const teams = new Map(
    Object.entries(config.teams ?? {}).flatMap(([name, team]) => {
      const entry = written("team", name, team);
      return entry === undefined ? [] : [[name, entry] as const];
    }),
  );
  const ofFleet = fleet === undefined ? [] : [fleet];
  const ofAgents = new Map(
    Object.entries(config.agents).map(([name, { team }]) => [name, [...ofFleet, ...(teamOf(team) ?? [])]] as const),
  );
  const patterns = Object.entries(config.credentials ?? {});
  const others = new Map(
    patterns.flatMap(([pattern, entry]) => {
      const found = written("credential", othersOf(pattern), entry);
      return found === undefined ? [] : [[found.scope.name, found] as const];
    }),
  );
  const credentials = new Map<string, ScopeBudgets | undefined>();

  function teamOf(team: string | undefined): readonly ScopeBudgets[] | undefined {
    const entry = team === undefined ? undefined : teams.get(team);
    return entry === undefined ? undefined : [entry];
  }

  function match(name: string): ScopeBudgets | undefined {
    const [pattern, entry] = patterns.find(([each]) => matchesWildcard(each, name)) ?? [];
    const found = written("credential", name, entry);
    const rest = others.get(othersOf(pattern ?? ""));
    return found === undefined || rest === undefined ? undefined : { ...found, others: rest };
  }

  function ofCredential(full: string): ScopeBudgets | undefined {
    if (others.size === 0) return undefined;
    const name = full.length <= NAME_LENGTH ? full : `${full.slice(0, NAME_LENGTH)}…`;
    if (!credentials.has(name)) {
      if (credentials.size >= REMEMBERED) credentials.clear();
      credentials.set(name, others.get(name) ?? match(name));
    }
    return credentials.get(name);
  }

  return {
    timezone: config.timezone,
    credentialLimit: config.limits.credentials ?? CREDENTIALS,
    isEmpty: fleet === undefined && teams.size === 0 && others.size === 0,
    ofAgent: (agent) => ofAgents.get(agent) ?? ofFleet,
    ofCredential,
    find({ kind, name }) {
      if (kind === "fleet") return fleet;
      return kind === "team" ? teams.get(name) : ofCredential(name);
    },
  };
}
