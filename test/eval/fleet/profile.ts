/** Who an agent of a fleet is: its trade, rhythm, size and habits. */
import type { Tool, Trade, Workflow } from "./tools.ts";

export type AgentKind = "poller" | "office" | "steady" | "batch" | "bursty" | "spender" | "sparse";

export interface Model {
  readonly name: string;
  /** Dollars per million tokens. */
  readonly input: number;
  readonly output: number;
}

export const MODELS: readonly Model[] = [
  { name: "small-1", input: 0.25, output: 1.25 },
  { name: "medium-2", input: 3, output: 15 },
  { name: "large-2", input: 15, output: 75 },
];

/** What an honest change brings, and when. It stays. */
export interface Change {
  readonly at: number;
  /** Times as much work as before; 1: no shift. */
  readonly times: number;
  /** A tool that comes with a deploy. */
  readonly tool: Tool | undefined;
}

/** Rules that somebody wrote for an agent. */
export interface Rules {
  readonly permissionLevel: number;
  /** Uses of its busiest tool in an hour. */
  readonly quota: { readonly tool: string; readonly amount: number };
}

export interface Profile {
  readonly agent: string;
  readonly kind: AgentKind;
  readonly trade: Trade;
  readonly team: string;
  readonly zone: string;
  /** Whether the configuration names its zone. */
  readonly zoneWritten: boolean;
  /** Whether the configuration declares its working hours. */
  readonly hoursWritten: boolean;
  /** No events before. */
  readonly bornAt: number;
  readonly workflows: readonly Workflow[];
  /** Mean calls of a tool per run, the deployed one left out. */
  readonly uses: ReadonlyMap<Tool, number>;
  /** Runs an hour at the height of the week; of a batch the runs of a night. */
  readonly level: number;
  /** First hour of work, local. */
  readonly begins: number;
  /** Shape of the gamma factor of each hour: small is bursty. */
  readonly steadiness: number;
  /** Honest bursts a week: load that comes now and then, in the history too. */
  readonly burstsPerWeek: number;
  /** Milliseconds between two polls; 0: it does not poll. */
  readonly pollMs: number;
  readonly model: Model;
  readonly promptTokens: number;
  /** Of the logarithm of tokens; with a tail, Pareto instead. */
  readonly tokenSpread: number;
  readonly tail: number | undefined;
  /** It tells tokens only; the configuration knows the price. */
  readonly pricedByTable: boolean;
  readonly credential: string;
  /** Share of people and sites that are new each time. */
  readonly newness: number;
  /** Times the usual share of failing calls. */
  readonly flakiness: number;
  /** Tells processor and memory use. */
  readonly measures: boolean;
  /** Tells what it read to decide. */
  readonly citesSources: boolean;
  readonly change: Change | undefined;
  readonly rules: Rules | undefined;
  /** Dollars a day. */
  readonly budget: number | undefined;
}

export interface Span {
  readonly from: number;
  /** History before, watch from here on. */
  readonly watchFrom: number;
  readonly to: number;
}

/** Squared coefficient of variation of the tokens, and so the dollars, of one call; of a tail about what a day's sample shows. */
export function tokenVariation({ tokenSpread, tail }: Profile): number {
  return tail === undefined ? Math.exp(tokenSpread ** 2 + 0.3 ** 2) - 1 : 8;
}
