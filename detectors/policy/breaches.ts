/** Which written rules a call breaks. */
import type { EventRecord } from "../../schemas/journal.ts";
import type { Rules } from "./rules.ts";

export type Rule =
  | "no_access"
  | "denied_tool"
  | "denied_destination"
  | "not_approved"
  | "above_level"
  | "unlisted_tool"
  | "unlisted_destination";

export interface Breach {
  readonly rule: Rule;
  /** The tool or the host; a name of the agent's choosing. */
  readonly name: string;
  /** The rule as it was written, such as `tools.deny "delete_*"`. */
  readonly written: string;
}

const NONE: readonly Breach[] = [];

/** Level at which a person approves what the agent suggests; below it, it only reads. */
const SUGGESTS = 2;

/** Who does it is no one who approves it. */
function isApproved({ approved_by, agent }: EventRecord): boolean {
  return (
    approved_by?.split(",").some((name) => name.trim() !== "" && name.trim().toLowerCase() !== agent.toLowerCase()) ===
    true
  );
}

/** What the event says it needs; what cannot be taken back is no reading, whatever it says. */
function levelNeeded({ irreversible }: Rules, { permission_level = 0, tool }: EventRecord): number {
  return irreversible?.find(tool) === undefined ? permission_level : Math.max(permission_level, SUGGESTS);
}

function ofLevel(rules: Rules, event: EventRecord): Breach | undefined {
  const { level } = rules;
  const { tool } = event;
  if (level === undefined) return undefined;
  const needed = levelNeeded(rules, event);
  if (level === 0) return { rule: "no_access", name: tool, written: "permissionLevel 0" };
  if (needed <= level || (level === SUGGESTS && isApproved(event))) return undefined;
  return { rule: "above_level", name: tool, written: `permissionLevel ${level}` };
}

function ofHosts(rules: Rules, event: EventRecord): readonly Breach[] {
  const { destinations } = rules;
  if (destinations === undefined) return NONE;
  return destinations.hostsOf(event).flatMap(({ name, isSure }): Breach[] => {
    const denied = destinations.deny?.find(name);
    if (denied !== undefined) {
      return [{ rule: "denied_destination", name, written: `destinations.deny "${denied}"` }];
    }
    const isUnlisted = isSure && destinations.allow !== undefined && destinations.allow.find(name) === undefined;
    return isUnlisted ? [{ rule: "unlisted_destination", name, written: "destinations.allow" }] : [];
  });
}

const WEIGHT: readonly Rule[] = [
  ...(["no_access", "denied_tool", "denied_destination", "not_approved"] as const),
  ...(["above_level", "unlisted_tool", "unlisted_destination"] as const),
];

/** Everything that a call breaks, the weightiest first. Decisions are no calls. */
export function breachesOf(rules: Rules, event: EventRecord): readonly Breach[] {
  const { tool } = event;
  const found: Breach[] = [];
  const level = ofLevel(rules, event);
  if (level !== undefined) found.push(level);
  const denied = rules.tools.deny?.find(tool);
  if (denied !== undefined) found.push({ rule: "denied_tool", name: tool, written: `tools.deny "${denied}"` });
  else if (rules.tools.allow !== undefined && rules.tools.allow.find(tool) === undefined) {
    found.push({ rule: "unlisted_tool", name: tool, written: "tools.allow" });
  }
  const final = rules.irreversible?.find(tool);
  if (final !== undefined && !isApproved(event)) {
    found.push({ rule: "not_approved", name: tool, written: `irreversible "${final}"` });
  }
  found.push(...ofHosts(rules, event));
  if (found.length < 2) return found.length === 0 ? NONE : found;
  return found.sort((a, b) => WEIGHT.indexOf(a.rule) - WEIGHT.indexOf(b.rule));
}
