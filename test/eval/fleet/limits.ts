/** Written limits that were truly used: what a budget says of them is never a false page. */
import { createZones, HOUR_MS } from "../../../detectors/time/zones.ts";
import type { EventRecord } from "../../../schemas/journal.ts";
import type { Profile } from "./profile.ts";

/** The first step that speaks by default, as a share of the amount. */
const FIRST_STEP = 0.7;

interface Used {
  start: number;
  end: number;
  amount: number;
}

export interface Limits {
  take(event: EventRecord): void;
  /** Whether a limit of this agent was used to its first step in the period that holds this moment. */
  wasUsed(agent: string, at: number): boolean;
}

/** Counts what agents with a budget or a quota use, by the calendar periods of the configuration. */
export function createLimits(profiles: readonly Profile[]): Limits {
  const zones = createZones();
  const limited = new Map(
    profiles.filter(({ budget, rules }) => budget !== undefined || rules !== undefined).map((p) => [p.agent, p]),
  );
  const used = new Map<string, Used>();
  const reached = new Map<string, [from: number, to: number][]>();

  function add(profile: Profile, unit: "day" | "hour", at: number, amount: number, limit: number): void {
    const zone = profile.zoneWritten || profile.hoursWritten ? profile.zone : "UTC";
    const key = `${profile.agent} ${unit}`;
    let current = used.get(key);
    if (current === undefined || at >= current.end) {
      const { start, end } = zones.period(zone, unit, at);
      current = { start, end, amount: 0 };
      used.set(key, current);
    }
    const before = current.amount;
    current.amount += amount;
    if (before >= FIRST_STEP * limit || current.amount < FIRST_STEP * limit) return;
    const spans = reached.get(profile.agent) ?? [];
    reached.set(profile.agent, spans);
    spans.push([at, current.end]);
  }

  return {
    take({ agent, judged_at, cost, tool, kind }) {
      const profile = limited.get(agent);
      if (profile === undefined) return;
      const { budget, rules } = profile;
      if (budget !== undefined && cost !== undefined) add(profile, "day", judged_at, Number(cost), budget);
      if (rules !== undefined && kind !== "decision" && tool === rules.quota.tool) {
        add(profile, "hour", judged_at, 1, rules.quota.amount);
      }
    },
    wasUsed: (agent, at) => (reached.get(agent) ?? []).some(([from, to]) => at >= from - 1000 && at <= to + HOUR_MS),
  };
}
