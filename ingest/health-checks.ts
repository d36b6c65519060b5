/**
 * What `/readyz` looks at, for the roles that run here. A store that does not answer and a Slack that refuses are said,
 * but do not turn events away: they are taken in, judged and kept all the same.
 */
import type { HealthCheck } from "./gateway/gateway-options.ts";
import type { EventLog } from "./log/event-log.ts";

/** The parts that run in this process. */
export interface CheckedParts {
  readonly log: Pick<EventLog, "health">;
  readonly inlet?: { behindMs(): number } | undefined;
  readonly watch?: { behindMs(): number } | undefined;
  readonly sender?: { health(): { readonly ok: boolean; readonly problems: readonly string[] } } | undefined;
  readonly store?: { state(): string } | undefined;
  readonly incidents?: { isComplete(): boolean } | undefined;
}

/** The oldest record that is in hand may be this old before its reader counts as stuck. */
const STUCK_MS = 60_000;

export function healthChecks({ log, inlet, watch, sender, store, incidents }: CheckedParts): HealthCheck[] {
  const sends = sender?.health();
  return [
    { name: "log", ...log.health() },
    ...(inlet === undefined ? [] : [readerCheck("intake", inlet.behindMs())]),
    ...(watch === undefined ? [] : [readerCheck("watch", watch.behindMs())]),
    ...(store === undefined ? [] : [{ name: "store", ok: true, detail: store.state() }]),
    ...(sends === undefined ? [] : [sendsCheck(sends)]),
    ...(incidents === undefined ? [] : [incidentsCheck(incidents.isComplete())]),
  ];
}

function readerCheck(name: string, behindMs: number): HealthCheck {
  return { name, ok: behindMs < STUCK_MS, detail: `${Math.round(behindMs / 1000)} s behind` };
}

function sendsCheck({ ok, problems }: { readonly ok: boolean; readonly problems: readonly string[] }): HealthCheck {
  return { name: "sends", ok: true, detail: ok ? "nothing refused" : problems.join(" ") };
}

function incidentsCheck(isComplete: boolean): HealthCheck {
  return { name: "web", ok: isComplete, detail: isComplete ? "incidents are read" : "incidents are being read" };
}
