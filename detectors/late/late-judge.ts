/**
 * Events that came late are judged late: by the same detectors, at the time at which they happened, and told as one
 * summary. Live detectors never see them, so that a backlog moves no window of now. Beside the runner, like the ledger.
 */

import { configSchema, watchConfigOf } from "../../schemas/config.ts";
import { SEVERITY_RANK } from "../../schemas/finding.ts";
import { type ConfigRecord, clockOf, type EventRecord, type JournalRecord } from "../../schemas/journal.ts";
import { type LateFinding, type LateRecord, SELF } from "../../schemas/self.ts";
import type { Detector } from "../detector.ts";
import { readSaved } from "../runner/agent-memory.ts";
import { createSettings } from "../runner/settings.ts";
import { isShared, type SharedKeys } from "../runner/shared-keys.ts";
import { createRunner, type Runner } from "../runner.ts";
import { createZones } from "../time/zones.ts";
import { LateAgent, type SavedLateAgent } from "./late-agent.ts";

/** A summary goes when no more came for so long, and so long after the first of it at the latest. */
const SETTLED_MS = 2 * 60_000;
const LONGEST_MS = 10 * 60_000;
/** Agents judged late at once; events of others are counted. */
const MOST_AGENTS = 200;
/** Named in a record. */
const MOST_NAMED = 20;

const KEY = "late";
const AGENT = "late:";

/** What waits for its summary. */
interface Pending {
  /** Of the first and the last late event by the partition's clock; 0: nothing waits. */
  firstAt: number;
  lastAt: number;
  offset: number;
  from: number;
  to: number;
  events: number;
  unjudged: number;
  beyond: number;
  findings: number;
  said: LateFinding[];
}

interface Saved {
  readonly v: 1;
  readonly offset: number;
  readonly pending: Pending;
}

export interface LateJudgeOptions {
  readonly detectors: readonly Detector[];
  readonly partition: number;
  /** A detector threw on a late event; the others went on. */
  readonly onFailure?: (detector: string, agent: string, error: unknown) => void;
}

function nothing(): Pending {
  const counts = { events: 0, unjudged: 0, beyond: 0, findings: 0 };
  return { firstAt: 0, lastAt: 0, offset: -1, from: Number.MAX_SAFE_INTEGER, to: 0, ...counts, said: [] };
}

/** Those that take late events as they come have judged them; silence is of the present. */
const judgesLate = ({ takes }: Detector): boolean => takes?.late !== true;

/** A runner that also judges what came late. State keys: `late`, and `late:NAME` for each agent with a backlog. */
export function withLateJudge<Inner extends Runner>(inner: Inner, options: LateJudgeOptions): Inner & SharedKeys {
  const { detectors, partition, onFailure } = options;
  const own = detectors.filter(judgesLate);
  const agents = new Map<string, LateAgent>();
  const dirty = new Set<string>();
  let offset = -1;
  let pending = nothing();
  let records: LateRecord[] = [];

  const zones = createZones();
  const newRunner = () => createRunner({ detectors: own, partition, ticks: false, ...(onFailure && { onFailure }) });

  function zoneOf(name: string): string {
    const { config } = JSON.parse(inner.save("partition") as string) as { readonly config: ConfigRecord | null };
    return createSettings(config?.config ?? watchConfigOf(configSchema.parse({})))(name).timezone;
  }

  function agentOf(name: string): LateAgent | undefined {
    const known = agents.get(name);
    if (known !== undefined || agents.size >= MOST_AGENTS) return known;
    const agent = LateAgent.begin(name, newRunner(), inner, { zone: zoneOf(name), zones });
    agents.set(name, agent);
    return agent;
  }

  function take(event: EventRecord, at: number): void {
    pending.firstAt ||= at;
    pending.lastAt = Math.max(pending.lastAt, at);
    pending.offset = offset;
    pending.from = Math.min(pending.from, event.judged_at);
    pending.to = Math.max(pending.to, event.judged_at);
    pending.events++;
    const agent = agentOf(event.agent);
    if (agent === undefined) {
      pending.unjudged++;
      return;
    }
    dirty.add(AGENT + event.agent);
    const { said, isBeyondUsual } = agent.judge(event, { partition, offset });
    if (isBeyondUsual) pending.beyond++;
    for (const found of said) {
      pending.findings++;
      if (pending.said.some((one) => isSame(one, found))) continue;
      pending.said = [...pending.said, found].sort(worstFirst).slice(0, MOST_NAMED);
    }
  }

  function due(): number | undefined {
    const settled = pending.lastAt + SETTLED_MS;
    if (pending.firstAt === 0) return agents.size > 0 ? settled : undefined;
    return Math.min(settled, pending.firstAt + LONGEST_MS);
  }

  /** Hands over the summary. While the backlog goes on its agents are judged on; when it is over, they are forgotten. */
  function tell(at: number): void {
    const { firstAt, lastAt, offset: last, ...counts } = pending;
    const scope = { kind: "watchkeeper", name: SELF } as const;
    const source = { partition, offset: last };
    if (firstAt > 0) records.push({ type: "late", at, scope, source, agents: agents.size, ...counts });
    pending = { ...nothing(), lastAt };
    dirty.add(KEY);
    if (at < lastAt + SETTLED_MS) return;
    for (const name of agents.keys()) dirty.add(AGENT + name);
    agents.clear();
  }

  return {
    ...inner,
    evaluate(record: JournalRecord, position) {
      const findings = inner.evaluate(record, position);
      if (position.offset <= offset) return findings;
      offset = position.offset;
      if (record.type !== "event" || record.clock !== "late" || record.backfill === true) return findings;
      dirty.add(KEY);
      take(record, clockOf(record));
      return findings;
    },
    fire(at) {
      const findings = inner.fire(at);
      const dueAt = due();
      if (dueAt !== undefined && dueAt <= at) tell(dueAt);
      return findings;
    },
    nextDue() {
      const [ofInner, ofLate] = [inner.nextDue(), due()];
      return ofInner === undefined || ofLate === undefined ? (ofInner ?? ofLate) : Math.min(ofInner, ofLate);
    },
    takeRecords() {
      const taken = records;
      records = [];
      return taken.length === 0 ? inner.takeRecords() : [...inner.takeRecords(), ...taken];
    },
    takeDirty() {
      const keys = dirty.size === 0 ? inner.takeDirty() : [...inner.takeDirty(), ...dirty];
      dirty.clear();
      return keys;
    },
    save(key) {
      if (key === KEY) return JSON.stringify({ v: 1, offset, pending } satisfies Saved);
      if (!key.startsWith(AGENT)) return inner.save(key);
      return agents.get(key.slice(AGENT.length))?.save() ?? null;
    },
    // What waits for its summary and the agents that it comes from are of one moment.
    isShared: (key) => key === KEY || key.startsWith(AGENT) || isShared(key),
    restore(key, value) {
      if (key === KEY) {
        const saved = readSaved(value) as Saved;
        offset = saved.offset;
        pending = { ...nothing(), ...saved.pending, said: [...saved.pending.said] };
      } else if (key.startsWith(AGENT)) {
        const name = key.slice(AGENT.length);
        agents.set(name, LateAgent.restore(name, newRunner(), readSaved(value) as SavedLateAgent));
      } else inner.restore(key, value);
    },
  };
}

function worstFirst(a: LateFinding, b: LateFinding): number {
  return SEVERITY_RANK[b.severity] - SEVERITY_RANK[a.severity] || a.at - b.at || (a.agent < b.agent ? -1 : 1);
}

function isSame(a: LateFinding, b: LateFinding): boolean {
  return a.agent === b.agent && a.detector === b.detector && a.severity === b.severity && a.title === b.title;
}
