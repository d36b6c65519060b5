/** The agents of a fleet, drawn from its seed. */
import type { Random } from "../../../ingest/demo/random.ts";
import { logNormal } from "../../../ingest/demo/random.ts";
import { OFFICES } from "./calendar.ts";
import { between, oneOf, randomOf, shuffled, whole } from "./draws.ts";
import { type AgentKind, type Change, MODELS, type Profile, type Rules, type Span } from "./profile.ts";
import { LATER_TOOLS, meanUses, type Tool, TRADES, type Trade } from "./tools.ts";

/** Of a hundred agents. */
const KINDS: readonly (readonly [AgentKind, number])[] = [
  ["office", 28],
  ["steady", 20],
  ["poller", 14],
  ["batch", 12],
  ["bursty", 10],
  ["spender", 8],
  ["sparse", 8],
];

/** Kinds of a fleet in their shares, every kind present where there are ten agents or more. */
function kindsOf(count: number, random: Random): AgentKind[] {
  const all = KINDS.flatMap(([kind, share]) =>
    Array.from({ length: Math.max(1, Math.round((share * count) / 100)) }, () => kind),
  );
  const [most = "office"] = KINDS[0] ?? [];
  while (all.length < count) all.push(most);
  // What rounding up added goes from the commonest.
  while (all.length > count) all.splice(all.indexOf(oneOf(["office", "office", "steady"] as const, random)), 1);
  return shuffled(all, random);
}

const TRADES_OF: Readonly<Record<AgentKind, readonly Trade[]>> = {
  poller: ["operations", "support", "data"],
  office: ["support", "research", "coding", "sales", "finance"],
  steady: ["support", "operations", "sales"],
  batch: ["finance", "data", "sales"],
  bursty: ["operations", "coding", "support"],
  spender: ["research", "coding", "data"],
  sparse: ["research", "finance", "data", "coding"],
};

const LEVELS: Readonly<Record<AgentKind, readonly [number, number]>> = {
  poller: [0.4, 1],
  office: [4, 9],
  steady: [2, 5],
  batch: [15, 45],
  bursty: [1.5, 3.5],
  spender: [2, 5],
  sparse: [0.15, 0.5],
};

const STEADINESS: Readonly<Record<Exclude<AgentKind, "bursty">, number>> = {
  poller: 40,
  office: 20,
  steady: 40,
  batch: 60,
  spender: 20,
  sparse: 10,
};

const WEEK_MS = 7 * 86_400_000;

function changeOf(kind: AgentKind, { from, to }: Span, random: Random): Change | undefined {
  const draw = random();
  const at = Math.floor(between(from + 1.5 * WEEK_MS, to - 86_400_000, random));
  if (draw < 0.14) return { at, times: 1, tool: oneOf(LATER_TOOLS, random) };
  if (draw < 0.2 && kind !== "poller") return { at, times: between(1.4, 2.5, random), tool: undefined };
  return undefined;
}

function rulesOf(uses: ReadonlyMap<Tool, number>, level: number, kind: AgentKind, random: Random): Rules {
  const [busiest, mean] = [...uses].reduce((most, one) => (one[1] > most[1] ? one : most));
  const hourly = kind === "batch" ? level * mean : 2 * level * mean;
  return {
    permissionLevel: whole(2, 3, random),
    quota: { tool: busiest.name, amount: Math.ceil((5 * hourly + 40) / 10) * 10 },
  };
}

function draw(agent: string, kind: AgentKind, span: Span, random: Random): Profile {
  const trade = oneOf(TRADES_OF[kind], random);
  const workflows = TRADES[trade];
  const flakiness = random() < 0.25 ? between(2, 4, random) : 1;
  const uses = meanUses(workflows, flakiness);
  const [low, high] = LEVELS[kind];
  const level = between(low, high, random);
  const byPeople = kind === "office" || kind === "sparse" || kind === "spender";
  const zone = byPeople || random() < 0.6 ? oneOf(OFFICES, random) : "UTC";
  const isNew = random() < 0.08;
  const bornAt = isNew ? Math.floor(between(span.from + 1.5 * WEEK_MS, span.to - 3 * 86_400_000, random)) : span.from;
  const isGoverned = random() < 0.3;
  const isOpen = trade === "support" || trade === "sales" || trade === "research";
  return {
    agent,
    kind,
    trade,
    team: trade,
    zone,
    zoneWritten: random() < 0.7,
    hoursWritten: kind === "office" && random() < 0.2,
    bornAt,
    workflows,
    uses,
    level,
    begins: kind === "batch" ? whole(0, 5, random) : whole(7, 9, random),
    steadiness: kind === "bursty" ? between(1, 2.5, random) : STEADINESS[kind],
    burstsPerWeek: kind === "bursty" ? between(2, 6, random) : 0,
    pollMs: kind === "poller" ? oneOf([60, 120, 120, 300, 300, 600], random) * 1000 : 0,
    model: kind === "spender" ? oneOf(MODELS.slice(1), random) : oneOf(MODELS, random),
    promptTokens: logNormal(1800, 0.5, random),
    tokenSpread: between(0.3, 0.6, random),
    tail: kind === "spender" ? between(1.3, 1.8, random) : undefined,
    pricedByTable: random() < 0.3,
    credential: `key-${trade}-${whole(1, 3, random)}`,
    newness: isOpen ? between(0.05, 0.35, random) : 0,
    flakiness,
    measures: random() < 0.4,
    citesSources: random() < 0.5,
    change: isNew ? undefined : changeOf(kind, span, random),
    rules: isGoverned ? rulesOf(uses, level, kind, random) : undefined,
    budget: undefined,
  };
}

/** Dollars of a mean call of a language model. */
function meanPrice({ model, promptTokens, tokenSpread, tail }: Profile): number {
  // Mean of a Pareto tail over its least amount, and of a log-normal over its median.
  const input = promptTokens * (tail === undefined ? Math.exp(tokenSpread ** 2 / 2) : tail / (tail - 1) / 2);
  return (input * model.input + 0.2 * input * model.output) / 1e6;
}

/** Dollars of a mean run. */
function runPrice(profile: Profile): number {
  let calls = 0;
  for (const [tool, mean] of profile.uses) if (tool.thinks) calls += mean;
  return calls * meanPrice(profile);
}

/** Runs of a usual weekday. */
function runsADay({ kind, level }: Profile): number {
  const hours: Record<AgentKind, number> = {
    poller: 24,
    office: 8.5,
    steady: 16,
    batch: 1,
    bursty: 26,
    spender: 11,
    sparse: 7,
  };
  return level * hours[kind];
}

/** All agents of a fleet. The same seed and size give the same ones. */
export function profilesOf(seed: number, count: number, span: Span): Profile[] {
  return kindsOf(count, randomOf(seed, "kinds")).map((kind, index) => {
    const agent = `${kind === "poller" ? "monitor" : "agent"}_${index.toString(36).padStart(3, "0")}`;
    const random = randomOf(seed, agent);
    const profile = draw(agent, kind, span, random);
    const daily = runPrice(profile) * runsADay(profile) * (profile.change?.times ?? 1);
    if (random() >= 0.25 || daily < 0.2) return profile;
    return { ...profile, budget: Number((daily * between(3, 5, random)).toPrecision(2)) };
  });
}
