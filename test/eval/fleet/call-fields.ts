/** What one call says: where it goes, its arguments, its outcome, what it took and cost. */
import { logNormal, type Random } from "../../../ingest/demo/random.ts";
import { familiar, oneOf, pareto } from "./draws.ts";
import type { Profile } from "./profile.ts";
import { failureOf, type Tool } from "./tools.ts";

/** What a caller may fix of one call. */
export interface CallOptions {
  readonly run: string;
  readonly random: Random;
  /** Where it goes instead of where it would. */
  readonly target?: string;
  /** Arguments instead of drawn ones. */
  readonly args?: Readonly<Record<string, unknown>>;
  readonly failing?: string;
  readonly more?: Readonly<Record<string, unknown>>;
}

const ERRORS = [
  "timeout after 30000 ms",
  "connection reset by peer",
  "upstream returned 502",
  "rate limited, retry later",
];
const FIRST = ["anna", "ben", "chloe", "dev", "emre", "fay", "gus", "hana", "ivan", "jun", "kim", "lea", "mo", "nia"];
const SITES = ["news", "blog", "docs", "shop", "forum", "journal", "press", "review", "wiki", "data"];
export const TOPICS = [
  "pricing",
  "release",
  "roadmap",
  "security",
  "hiring",
  "quarter",
  "guide",
  "review",
  "launch",
  "outage",
];

/** People at customers that a team knows; who comes later is new to all. */
function customer(profile: Profile, random: Random): string {
  const isNew = random() < profile.newness;
  const company = isNew ? 400 + Math.floor(random() * 1e6) : familiar(400, random);
  return `${FIRST[company % FIRST.length] ?? "ann"}@company-${company}.example`;
}

function page(profile: Profile, random: Random): string {
  const isNew = random() < profile.newness;
  const site = isNew ? 300 + Math.floor(random() * 1e6) : familiar(300, random);
  return `https://${SITES[site % SITES.length]}-${site}.example.com/${oneOf(TOPICS, random)}/${Math.floor(random() * 9000)}`;
}

/** Where a call of this tool goes, and the fields that say so. */
function place(tool: Tool, profile: Profile, random: Random): { target?: string; endpoint?: string } {
  const { goes } = tool;
  switch (goes.to) {
    case "own":
    case "service": {
      const endpoint = `/v2/${tool.name}/${familiar(4000, random)}`;
      return tool.kind === "api" && !tool.thinks ? { target: goes.host, endpoint } : { target: goes.host };
    }
    case "customer":
      return { target: customer(profile, random) };
    case "page":
      return { target: page(profile, random) };
    case "files":
      return { target: `src/${oneOf(TOPICS, random)}/part-${familiar(600, random)}.ts` };
    case "nowhere":
      return {};
  }
}

/** Tokens and cost of a call of a model. */
function thinking({ model, promptTokens, tokenSpread, tail, pricedByTable }: Profile, random: Random) {
  const drawn =
    tail === undefined ? logNormal(promptTokens, tokenSpread, random) : pareto(promptTokens / 2, tail, random);
  const input = Math.round(Math.min(180_000, drawn));
  const output = Math.round(Math.min(16_000, 0.2 * input * logNormal(1, 0.3, random)));
  const dollars = (input * model.input + output * model.output) / 1e6;
  const cost = pricedByTable ? {} : { cost: Number(dollars.toFixed(6)) };
  return { model: model.name, input_tokens: input, output_tokens: output, ...cost };
}

type Fields = Readonly<Record<string, unknown>>;

function outcomeOf({ kind }: Tool, error: string | undefined): Fields {
  const how = kind === "api" ? { response_code: error === undefined ? 200 : 502 } : { success: error === undefined };
  return error === undefined ? how : { ...how, error };
}

/** What written rules make an agent tell. */
function ruledBy({ rules, team }: Profile, { irreversible }: Tool): Fields {
  if (rules === undefined) return {};
  const level = { permission_level: rules.permissionLevel };
  return irreversible ? { ...level, approved_by: `lead-${team}` } : level;
}

/** Fields of a call of this agent, without time and identity, and how many milliseconds it takes. */
export function callFields(tool: Tool, profile: Profile, options: CallOptions): { takes: number; fields: Fields } {
  const { random, run } = options;
  const where = place(tool, profile, random);
  const takes = logNormal(tool.ms, 0.4, random);
  const error = options.failing ?? (random() < failureOf(tool, profile.flakiness) ? oneOf(ERRORS, random) : undefined);
  const isAction = tool.kind === "action";
  const details = isAction ? { details: { item: Math.floor(random() * 1e7), topic: oneOf(TOPICS, random) } } : {};
  const sent = tool.bytes > 0 ? { bytes_out: Math.round(logNormal(tool.bytes, 0.5, random)) } : {};
  const paid = isAction ? {} : { cost: tool.goes.to === "own" ? 0 : 0.0004 };
  const used = tool.thinks ? thinking(profile, random) : paid;
  const prompt = tool.thinks ? { input: { prompt: Math.floor(random() * 1e9) } } : {};
  const measured = profile.measures
    ? { cpu_percent: Math.round(logNormal(20, 0.4, random)), memory_bytes: Math.round(logNormal(4e8, 0.15, random)) }
    : {};
  const fields = {
    [tool.kind]: tool.name,
    run,
    environment: "production",
    credential: profile.credential,
    ...where,
    ...(options.target === undefined ? {} : { target: options.target }),
    ...details,
    ...prompt,
    ...outcomeOf(tool, error),
    duration_ms: Math.round(takes),
    ...sent,
    ...used,
    ...measured,
    ...ruledBy(profile, tool),
    ...options.args,
    ...options.more,
  };
  return { takes, fields };
}
