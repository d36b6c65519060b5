/**
 * `watchkeeper.yaml`: every key, its unit and its default. Unknown keys are refused. An empty file watches every
 * agent that appears, with the defaults.
 */
import { z } from "zod";
import { calendar } from "./calendar.ts";
import { DEFAULT_REPLICATION, isPlainText, isSafeIdentifier } from "./clickhouse/migration.ts";
import { detectorOptions } from "./detector-options.ts";
import { byteSize, duration } from "./units.ts";

const timezone = z.string().refine(isTimeZone, { error: 'an IANA time zone such as "Europe/Berlin" or "UTC"' });

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

const anyRun = "a `*` matches any run of characters";
const percent = z.number().positive().max(1000);

/** A limit that somebody wrote, which warns at `warnAt` percent used, or fixed amounts that are told as they are passed. */
const budget = z
  .strictObject({
    amount: z
      .number()
      .positive()
      .optional()
      .meta({ unit: "as `unit` says", description: "The limit; may be left out where there are `tiers`." }),
    tiers: z
      .array(z.number().positive())
      .min(1)
      .max(20)
      .optional()
      .meta({ unit: "as `unit` says", description: "Amounts that are told when they are passed, each once a period." }),
    unit: z.enum(["usd", "calls", "tokens", "uses"]).meta({ description: "What is counted." }),
    tool: z
      .string()
      .min(1)
      .optional()
      .meta({ description: `With \`uses\`: the tool; ${anyRun}.` }),
    period: z.enum(["hour", "day", "week", "month"]).meta({
      description: "Aligned to the calendar in the agent's zone; of totals that span agents in the top-level one.",
    }),
    warnAt: z
      .array(percent)
      .min(1)
      .default([70, 90, 100])
      .meta({ unit: "percent used", description: "Of `amount`; each step speaks once a period." }),
    stopAt: z
      .union([percent, z.literal("never")])
      .default(100)
      .meta({ unit: "percent used", description: "Where the agent is to stop; no effect in this version." }),
  })
  .refine((b) => (b.unit === "uses") === (b.tool !== undefined), {
    error: '"tool" with unit "uses", and only there',
    path: ["tool"],
  })
  .refine((b) => b.amount !== undefined || b.tiers !== undefined, { error: '"amount", "tiers" or both' })
  // Without a limit the greatest tier is what is counted up to, and nothing warns at a share of it.
  .transform(({ amount, tiers, ...rest }) => ({
    ...rest,
    ...(amount === undefined ? { warnAt: [], stopAt: "never" as const } : {}),
    amount: amount ?? Math.max(...(tiers ?? [])),
    ...(tiers === undefined ? {} : { tiers: [...new Set(tiers)].sort((a, b) => a - b) }),
  }));

/** A price per million tokens, for events that carry tokens but no cost. */
const price = z.strictObject({
  /** A `*` matches any run of characters; the first price that matches wins. */
  model: z.string().min(1),
  input: z.number().nonnegative(),
  output: z.number().nonnegative(),
  cached: z.number().nonnegative().optional(),
  currency: z.literal("usd").default("usd"),
  /** First day on which it holds, UTC. */
  from: z.iso.date().optional(),
});

/** Where alerts go; the first route that matches wins. */
const route = z.strictObject({
  match: z.strictObject({
    agent: z.string().optional(),
    team: z.string().optional(),
    detector: z.string().optional(),
    severity: z.enum(["info", "warning", "critical"]).optional(),
  }),
  channel: z.string().min(1),
});

const patterns = z.array(z.string().min(1));

const agentFields = {
  timezone: timezone.optional().meta({ description: "IANA name; left out, the top-level `timezone`." }),
  hours: calendar.optional().meta({ description: "Working hours such as `Mon-Fri 08:00-19:00`; left out, learned." }),
  budgets: z.array(budget).optional(),
  detectors: detectorOptions.optional(),
  permissionLevel: z.int().min(0).max(4).optional().meta({
    description: "0 no access, 1 read-only, 2 suggests, 3 low-stakes autonomy, 4 full autonomy; left out, not judged.",
  }),
  tools: z
    .strictObject({
      allow: patterns.optional().meta({ description: `Tools that it may use; ${anyRun}; left out, all.` }),
      deny: patterns.optional().meta({ description: `Tools that it must not use; ${anyRun}; goes first.` }),
    })
    .optional(),
  destinations: z
    .strictObject({
      allow: patterns.optional().meta({ description: `Hosts that it may call or write to; ${anyRun}; left out, all.` }),
      deny: patterns.optional().meta({ description: `Hosts that it must not call; ${anyRun}; goes first.` }),
    })
    .optional(),
  irreversible: patterns
    .optional()
    .meta({ description: `Actions and APIs that need \`approved_by\`, another name than its own; ${anyRun}.` }),
};

/** Text between single quotes of a statement. */
const plainText = z.string().refine(isPlainText, { error: "letters, digits and _ / { } . : @ -, at most 200 of them" });

/** How the tables of an outside ClickHouse are made; they stay as they are once made. */
const clickhouse = z
  .strictObject({
    /** Name in the server's `remote_servers`: tables are made ON CLUSTER, with replicated engines. */
    cluster: z
      .string()
      .refine(isSafeIdentifier, { error: "letters, digits and _, not beginning with a digit" })
      .optional(),
    /** Arguments of the replicated engines; braces are macros of the server. */
    replicated: z
      .strictObject({
        path: plainText.default(DEFAULT_REPLICATION.path),
        replica: plainText.default(DEFAULT_REPLICATION.replica),
      })
      .optional(),
  })
  .refine((c) => c.replicated === undefined || c.cluster !== undefined, {
    error: '"replicated" only with "cluster"',
    path: ["replicated"],
  });

/** Limits of a total that spans agents; without them there are none. */
const shared = z.strictObject({ budgets: z.array(budget).optional() });

export const configSchema = z.strictObject({
  /** IANA name; periods and hours of agents that name none. */
  timezone: timezone.default("UTC"),
  alerts: z
    .strictObject({
      /** What the whole fleet may cost in false pages a week. */
      falseAlarmsPerWeek: z.number().positive().default(1),
      /** More than three openings in a channel within this time are told together; 0s: each alone. */
      groupFor: duration.default(2000),
      /** A reminder while an incident is open and unacknowledged; 0s: none. */
      repeatEvery: duration.default(4 * 3_600_000),
    })
    .prefault({}),
  clickhouse: clickhouse.prefault({}),
  /** An outside dead-man's switch, pinged only while log, watch and sends are healthy. */
  heartbeat: z.strictObject({ url: z.url({ protocol: /^https?$/ }), every: duration.default(60_000) }).optional(),
  slack: z.strictObject({ channel: z.string().min(1).optional() }).prefault({}),
  prices: z.array(price).default([]),
  /** When baselines are learned anew: a cron expression in UTC. They are also learned after a backfill. */
  baselines: z.strictObject({ schedule: z.string().default("7 */6 * * *") }).prefault({}),
  /** For every agent that does not say otherwise; without this there are no budgets. */
  defaults: z.strictObject(agentFields).prefault({}),
  agents: z.record(z.string(), z.strictObject({ team: z.string().optional(), ...agentFields })).default({}),
  /** Limits of all agents of a team together; periods in the top-level `timezone`. */
  teams: z.record(z.string(), shared).default({}),
  /** Limits of all agents together; periods in the top-level `timezone`. */
  fleet: shared.prefault({}),
  /**
   * Limits of each credential that events name, whichever agents use it; a `*` in the key matches any run of
   * characters, the first key that matches wins. Periods in the top-level `timezone`.
   */
  credentials: z.record(z.string(), shared).default({}),
  routes: z.array(route).default([]),
  retention: z
    .strictObject({
      /** Of events, counted from arrival; at least 30 days. */
      events: duration.default(90 * 86_400_000),
      deadLetters: duration.default(30 * 86_400_000),
      rollups: duration.default(3 * 31_536_000_000),
      /** Of the event log; never passes the slowest group. */
      journal: duration.default(7 * 86_400_000),
    })
    .prefault({}),
  /** Topics of Kafka, as they are created when they do not exist yet; without KAFKA_BROKERS they mean nothing. */
  kafka: z
    .strictObject({
      /** Of every topic but the inlet; fixed at creation, because an agent's order and state live in one partition. */
      partitions: z.int().min(1).max(1000).default(24),
      /** Copies of every topic; left out: 3, or as many as there are brokers if that is less. */
      replication: z.int().min(1).max(32767).optional(),
      /** Copies that must have a record before it counts as written; left out: 2 with three copies or more, else 1. */
      minInsyncReplicas: z.int().min(1).max(32767).optional(),
      /** Of the inlet, `agent-events`. */
      inletPartitions: z.int().min(1).max(1000).default(24),
      /** Of the inlet; that of the journal is `retention.journal`. */
      inletRetention: duration.default(7 * 86_400_000),
    })
    .prefault({}),
  limits: z
    .strictObject({
      /** One line, unpacked. */
      lineBytes: byteSize.default(64 * 1024),
      /** One request body, unpacked. */
      bodyBytes: byteSize.default(64 * 1024 ** 2),
      /** One batch of records from Kafka, unpacked; a larger one is not read and told as a gap. */
      batchBytes: byteSize.default(64 * 1024 ** 2),
      /** Identities remembered per partition, to drop repeats. */
      recentIds: z.int().positive().default(100_000),
      /** Events a second from one sender (address or key), with bursts of ten seconds' worth. */
      eventsPerSecond: z.int().positive().default(50_000),
      /** What the event log may take on disk before callers get 429. */
      journalBytes: byteSize.default(20 * 1024 ** 3),
      /** Agents watched at once per partition; beyond it the longest quiet ones are forgotten. */
      agents: z.int().positive().default(10_000),
      /** Tools with a series of their own per agent; others are counted together. */
      toolsPerAgent: z.int().positive().default(64),
      /** Credentials with a total of their own per partition; beyond it the least used are counted together. */
      credentials: z.int().positive().max(1000).default(100),
    })
    .prefault({}),
});

/** The whole configuration with every default filled in. */
export type Config = z.output<typeof configSchema>;
export type Price = z.output<typeof price>;
export type Budget = z.output<typeof budget>;

/** The part that the watch's decisions depend on; travels through the journal, so it holds no secret and no address. */
export interface WatchConfig {
  readonly timezone: string;
  readonly defaults: Config["defaults"];
  readonly agents: Config["agents"];
  /** Absent in records of releases that had no totals across agents, like the next two. */
  readonly teams?: Config["teams"];
  readonly fleet?: Config["fleet"];
  readonly credentials?: Config["credentials"];
  readonly limits: Pick<Config["limits"], "agents" | "toolsPerAgent"> & Partial<Pick<Config["limits"], "credentials">>;
}

export function watchConfigOf(config: Config): WatchConfig {
  const { timezone, defaults, agents, teams, fleet, credentials, limits } = config;
  const bounds = { agents: limits.agents, toolsPerAgent: limits.toolsPerAgent, credentials: limits.credentials };
  return { timezone, defaults, agents, teams, fleet, credentials, limits: bounds };
}
