/** The written rules of an agent, made ready once per configuration. */
import type { WatchConfig } from "../../schemas/config.ts";
import type { EventRecord } from "../../schemas/journal.ts";
import { createHostReader, type Host } from "./hosts.ts";
import { type Patterns, patternsOf } from "./patterns.ts";

type Written = Pick<WatchConfig["defaults"], "permissionLevel" | "tools" | "destinations" | "irreversible">;

/** Undefined: nobody wrote such a rule. */
interface Lists {
  readonly allow: Patterns | undefined;
  readonly deny: Patterns | undefined;
}

export interface Rules {
  /** 0 no access, 1 read-only, 2 suggests, 3 low-stakes autonomy, 4 full autonomy. */
  readonly level: number | undefined;
  readonly tools: Lists;
  /** Undefined where hosts need not be looked for. */
  readonly destinations: (Lists & { readonly hostsOf: (event: EventRecord) => readonly Host[] }) | undefined;
  readonly irreversible: Patterns | undefined;
}

const listed = (written: readonly string[] | undefined): Patterns | undefined =>
  written === undefined ? undefined : patternsOf(written);

/** Each rule is the agent's own, else the default one. Undefined: there is none. */
export function rulesOf(own: Written, defaults: Written): Rules | undefined {
  const level = own.permissionLevel ?? defaults.permissionLevel;
  const tools = own.tools ?? defaults.tools;
  const destinations = own.destinations ?? defaults.destinations;
  const irreversible = own.irreversible ?? defaults.irreversible;
  if (level === undefined && tools === undefined && destinations === undefined && irreversible === undefined) {
    return undefined;
  }
  return {
    level,
    tools: { allow: listed(tools?.allow), deny: listed(tools?.deny) },
    destinations:
      destinations === undefined
        ? undefined
        : { allow: listed(destinations.allow), deny: listed(destinations.deny), hostsOf: createHostReader() },
    irreversible: listed(irreversible),
  };
}
