/** Which settings an agent is judged by: its own keys, else the defaults. */
import type { WatchConfig } from "../../schemas/config.ts";
import { unwrittenOptions } from "../../schemas/detector-options.ts";
import type { AgentSettings } from "../detector.ts";
import { rulesOf } from "../policy/rules.ts";

type Options = AgentSettings["detectors"];
type Written = WatchConfig["defaults"]["detectors"];

/** Options merged per detector: an agent that sets one detector keeps the defaults of the others. */
function mergeOptions(defaults: Options, own: Written): Options {
  if (own === undefined) return defaults;
  const merged: Record<string, unknown> = { ...defaults };
  for (const [name, options] of Object.entries(own)) {
    if (options !== undefined) merged[name] = { ...defaults[name as keyof Options], ...options };
  }
  return merged as Options;
}

/** Settings by agent under one configuration; agents that nobody configured share one object. */
export function createSettings(config: WatchConfig): (agent: string) => AgentSettings {
  const { defaults, agents, timezone } = config;
  const known = new Map<string, AgentSettings>();
  const shared: AgentSettings = {
    timezone: defaults.timezone ?? timezone,
    hours: defaults.hours,
    budgets: defaults.budgets ?? [],
    detectors: mergeOptions(unwrittenOptions(), defaults.detectors),
    rules: rulesOf(defaults, defaults),
  };
  for (const [name, own] of Object.entries(agents)) {
    known.set(name, {
      timezone: own.timezone ?? shared.timezone,
      hours: own.hours ?? shared.hours,
      budgets: own.budgets ?? shared.budgets,
      detectors: mergeOptions(shared.detectors, own.detectors),
      rules: rulesOf(own, defaults),
    });
  }
  return (agent) => known.get(agent) ?? shared;
}

/** Which of the detectors are switched on, in their order; each is unless somebody wrote `enabled: false`. Asked once for settings. */
export function createEnabled(detectors: readonly { readonly name: string }[]) {
  const known = new WeakMap<AgentSettings, readonly boolean[]>();
  return (settings: AgentSettings): readonly boolean[] => {
    const before = known.get(settings);
    if (before !== undefined) return before;
    const enabled = detectors.map(({ name }) => settings.detectors[name as keyof Options]?.enabled !== false);
    known.set(settings, enabled);
    return enabled;
  };
}
