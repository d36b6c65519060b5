/** Rules across keys of the configuration. Each returns what breaks it. */
import { validate as isCron } from "node-cron";
import type { Budget, Config } from "../../schemas/config.ts";
import type { LocatedIssue } from "./explain-issue.ts";
import { suggestion } from "./nearest.ts";

const DAY = 86_400_000;
const SECOND = 1000;

/** Names a route may match; those of detectors that come later are settled too. */
const DETECTORS = [
  ...["budget", "spend", "tool-frequency", "off-hours", "loop", "error-loop", "outbound", "novelty", "policy"],
  ...["secret-leak", "resource", "silence", "price-coverage", "integrity"],
];

/** Everything in a schema-valid configuration that contradicts something else in it. */
export function configRules(config: Config): LocatedIssue[] {
  return [...bounds(config), ...copies(config), ...schedule(config), ...agents(config), ...routes(config)];
}

function bounds({ retention, limits, heartbeat, alerts, kafka }: Config): LocatedIssue[] {
  const rules: readonly [wrong: boolean, at: string, message: string][] = [
    [
      retention.events < 30 * DAY,
      "retention.events",
      "expected at least 30d: records are kept for 30 days at the least",
    ],
    [retention.rollups < retention.events, "retention.rollups", "expected at least as long as retention.events"],
    [retention.deadLetters < DAY, "retention.deadLetters", "expected at least 1d"],
    [retention.journal < DAY, "retention.journal", "expected at least 1d: replays start from it"],
    [kafka.inletRetention < DAY, "kafka.inletRetention", "expected at least 1d: what is not read by then is lost"],
    [limits.lineBytes < 1024, "limits.lineBytes", "expected at least 1KiB"],
    [
      limits.lineBytes > 2 * 1024 ** 2,
      "limits.lineBytes",
      "expected at most 2MiB: its record must fit into one of Kafka",
    ],
    [limits.bodyBytes < limits.lineBytes, "limits.bodyBytes", "expected at least limits.lineBytes"],
    [limits.bodyBytes > 512 * 1024 ** 2, "limits.bodyBytes", "expected at most 512MiB"],
    [
      limits.batchBytes < 16 * 1024 ** 2,
      "limits.batchBytes",
      "expected at least 16MiB: a record may take half of that",
    ],
    [limits.batchBytes > 256 * 1024 ** 2, "limits.batchBytes", "expected at most 256MiB"],
    [limits.journalBytes < 64 * 1024 ** 2, "limits.journalBytes", "expected at least 64MiB"],
    [heartbeat !== undefined && heartbeat.every < SECOND, "heartbeat.every", "expected at least 1s"],
    [alerts.groupFor > 60 * SECOND, "alerts.groupFor", "expected at most 1m: alerts are to be prompt"],
    [
      alerts.repeatEvery > 0 && alerts.repeatEvery < 60 * SECOND,
      "alerts.repeatEvery",
      "expected 0s (never) or at least 1m",
    ],
  ];
  return rules.filter(([wrong]) => wrong).map(([, at, message]) => ({ at: at.split("."), message }));
}

/** More copies asked for than there are: no write would ever be acknowledged. */
function copies({ kafka: { replication, minInsyncReplicas } }: Config): LocatedIssue[] {
  if (replication === undefined || minInsyncReplicas === undefined || minInsyncReplicas <= replication) return [];
  return [{ at: ["kafka", "minInsyncReplicas"], message: "expected at most kafka.replication" }];
}

function schedule({ baselines }: Config): LocatedIssue[] {
  if (isCron(baselines.schedule)) return [];
  return [{ at: ["baselines", "schedule"], message: 'expected a cron expression such as "7 */6 * * *"' }];
}

function agents(config: Config): LocatedIssue[] {
  const places: readonly [at: readonly string[], settings: Config["defaults"]][] = [
    [["defaults"], config.defaults],
    ...Object.entries(config.agents).map(
      ([name, agent]) => [["agents", name], agent] as [string[], Config["defaults"]],
    ),
  ];
  const shared: readonly [at: readonly string[], budgets: readonly Budget[] | undefined][] = [
    ...Object.entries(config.teams).map(([name, { budgets }]) => [["teams", name], budgets] as [string[], Budget[]]),
    [["fleet"], config.fleet.budgets],
    ...Object.entries(config.credentials).map(
      ([name, { budgets }]) => [["credentials", name], budgets] as [string[], Budget[]],
    ),
  ];
  return [
    ...places.flatMap(([at, settings]) => agentRules(at, settings)),
    ...shared.flatMap(([at, budgets]) => repeatedBudgets([...at, "budgets"], budgets ?? [])),
  ];
}

function agentRules(at: readonly string[], settings: Config["defaults"]): LocatedIssue[] {
  const found = repeatedBudgets([...at, "budgets"], settings.budgets ?? []);
  if (at[1] === "") found.push({ at, message: "expected the name of an agent, not nothing" });
  if (settings.hours?.length === 0) {
    found.push({
      at: [...at, "hours"],
      message: "an empty list is always off-hours; leave the key out to have them learned",
    });
  }
  return found;
}

/** Two budgets of one unit, tool and period are one budget with two amounts. */
function repeatedBudgets(at: readonly string[], budgets: readonly Budget[]): LocatedIssue[] {
  const first = new Map<string, number>();
  return budgets.flatMap((budget, index): LocatedIssue[] => {
    const key = JSON.stringify([budget.unit, budget.tool ?? "", budget.period]);
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, index);
    return earlier === undefined
      ? []
      : [{ at: [...at, index], message: `the same unit, tool and period as entry [${earlier}]; keep one of them` }];
  });
}

function routes(config: Config): LocatedIssue[] {
  const teams = [
    ...new Set([...Object.keys(config.teams), ...Object.values(config.agents).flatMap((agent) => agent.team ?? [])]),
  ];
  return config.routes.flatMap(({ match }, index): LocatedIssue[] => {
    const found: LocatedIssue[] = [];
    const at = ["routes", index, "match"] as const;
    if (match.team !== undefined && !teams.includes(match.team)) {
      found.push({
        at: [...at, "team"],
        message: `no agent and no entry of "teams" has it${suggestion(match.team, teams)}`,
      });
    }
    if (match.detector !== undefined && !DETECTORS.includes(match.detector)) {
      found.push({ at: [...at, "detector"], message: `no such detector${suggestion(match.detector, DETECTORS)}` });
    }
    return found;
  });
}
