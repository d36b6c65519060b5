/**
 * A small core with the real one's duties: a finding at every third event of an agent, a timer a second after its last
 * event, state per agent that is true to the offset it states, and no judging of what that state already holds.
 */
import type { CoreContext, ReleaseContext, WatchCore } from "../../../ingest/watch/core.ts";
import { clockOf, type JournalRecord, type Position } from "../../../schemas/journal.ts";
import { TOPICS } from "../../../schemas/topics.ts";

const QUIET_MS = 1_000;

interface AgentState {
  count: number;
  due: number | null;
}

export interface FakeCore extends WatchCore<string> {
  readonly processed: JournalRecord[];
  /** How many records were judged when it was told that it has caught up; undefined before. */
  caughtUpAfter: number | undefined;
  /** Keys of ticks that leave for other partitions when it has caught up; none unless a test says so. */
  readonly owed: string[];
  readonly released: { readonly finding: string; readonly context: ReleaseContext }[];
  readonly agents: Map<string, AgentState>;
}

export interface FakeCores {
  readonly open: (context: CoreContext) => FakeCore;
  /** The newest core of each partition. */
  readonly cores: Map<number, FakeCore>;
}

export function fakeCores(): FakeCores {
  const cores = new Map<number, FakeCore>();
  return {
    cores,
    open({ partition }) {
      const core = fakeCore();
      cores.set(partition, core);
      return core;
    },
  };
}

export function fakeCore(): FakeCore {
  const agents = new Map<string, AgentState>();
  const trueTo = new Map<string, number>();
  const dirty = new Set<string>();
  let findings: string[] = [];
  const owed: string[] = [];
  let routed: string[] = [];
  let offset = -1;
  const processed: JournalRecord[] = [];
  const released: { finding: string; context: ReleaseContext }[] = [];

  function fire(clock: number): void {
    const due = [...agents]
      .flatMap(([agent, state]) => (state.due !== null && state.due <= clock ? [{ agent, due: state.due }] : []))
      .filter(({ agent }) => (trueTo.get(agent) ?? -1) < offset)
      .sort((a, b) => a.due - b.due || (a.agent < b.agent ? -1 : 1));
    for (const { agent, due: at } of due) {
      findings.push(`quiet:${agent}:${at}`);
      (agents.get(agent) as AgentState).due = null;
      dirty.add(agent);
    }
  }

  return {
    processed,
    caughtUpAfter: undefined,
    owed,
    released,
    agents,
    restore(topic, key, value) {
      if (topic !== TOPICS.watchState) return;
      const { offset: to, ...state } = JSON.parse(value.toString()) as AgentState & { offset: number };
      agents.set(key.slice("agent:".length), state);
      trueTo.set(key.slice("agent:".length), to);
    },
    process(record, position: Position) {
      processed.push(record);
      offset = position.offset;
      fire(clockOf(record));
      if (record.type !== "event" || (trueTo.get(record.agent) ?? -1) >= offset) return;
      const count = (agents.get(record.agent)?.count ?? 0) + 1;
      agents.set(record.agent, { count, due: record.arrived_at + QUIET_MS });
      dirty.add(record.agent);
      if (count % 3 === 0) findings.push(`third:${record.agent}:${offset}`);
    },
    takeOutputs() {
      const changed = findings;
      findings = [];
      const keys = routed;
      routed = [];
      return {
        changed,
        puts: changed.map((finding) => ({ topic: TOPICS.incidents, key: `incident:${finding}`, value: "{}" })),
        appends: changed.map((finding) => ({ topic: TOPICS.findings, key: "finding", value: finding })),
        routed: keys.map((key) => ({ topic: TOPICS.journal, key, value: '{"type":"tick","at":0}' })),
      };
    },
    caughtUp() {
      this.caughtUpAfter = processed.length;
      routed = owed.splice(0);
    },
    release(changed, context) {
      for (const finding of changed) released.push({ finding, context });
    },
    nextDue: () =>
      [...agents.values()].reduce<number | undefined>(
        (least, { due }) => (due === null ? least : Math.min(due, least ?? due)),
        undefined,
      ),
    takeDirty() {
      const keys = [...dirty].map((agent) => `agent:${agent}`);
      dirty.clear();
      return keys;
    },
    save: (key) => JSON.stringify({ ...agents.get(key.slice("agent:".length)), offset }),
  };
}
