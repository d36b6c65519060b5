/** The configuration that a fleet's people wrote: zones, hours, budgets and rules of some agents, nothing of the rest. */
import { type Config, configSchema } from "../../../schemas/config.ts";
import { MODELS, type Profile } from "./profile.ts";
import { LATER_TOOLS } from "./tools.ts";

function budgetsOf({ budget, rules }: Profile): object[] {
  const money = budget === undefined ? [] : [{ amount: budget, unit: "usd", period: "day", stopAt: "never" }];
  const quota = rules === undefined ? [] : [{ ...rules.quota, unit: "uses", period: "hour", stopAt: "never" }];
  return [...money, ...quota];
}

function agentOf(profile: Profile): object {
  const { zone, zoneWritten, hoursWritten, rules, team, begins, uses } = profile;
  const budgets = budgetsOf(profile);
  const tools = [...uses.keys()];
  const written = {
    permissionLevel: rules?.permissionLevel,
    tools: { allow: [...[...tools, ...LATER_TOOLS].map(({ name }) => name), "get_status"], deny: ["delete_*"] },
    irreversible: tools.filter(({ irreversible }) => irreversible).map(({ name }) => name),
  };
  return {
    team,
    ...(zoneWritten || hoursWritten ? { timezone: zone } : {}),
    ...(hoursWritten ? { hours: [`Mon-Fri ${String(begins - 1).padStart(2, "0")}:00-${begins + 14}:00`] } : {}),
    ...(budgets.length > 0 ? { budgets } : {}),
    ...(rules === undefined ? {} : written),
  };
}

/** What the file would say, read as the product reads it. */
export function configFor(profiles: readonly Profile[], falseAlarmsPerWeek: number): Config {
  return configSchema.parse({
    alerts: { falseAlarmsPerWeek },
    prices: MODELS.map(({ name: model, input, output }) => ({ model, input, output })),
    agents: Object.fromEntries(profiles.map((profile) => [profile.agent, agentOf(profile)])),
  });
}
