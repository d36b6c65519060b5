/** Runs every detector over a partition's one ordered input. */
import type { Finding } from "../schemas/finding.ts";
import type { BaselineRecord, ConfigRecord, EventRecord, JournalRecord, Position } from "../schemas/journal.ts";
import type { RoutedRecord } from "../schemas/self.ts";
import { packBaseline } from "./baseline/expectations.ts";
import type { AgentSettings, AgentView, Detector, DetectorState } from "./detector.ts";
import { createIntegrity } from "./integrity.ts";
import { type AgentMemory, type MemoryContext, readSaved, saveAgent, saveBaseline } from "./runner/agent-memory.ts";
import { type AgentRecord, createCaller, hears, isOutOfTime, type Told, takes } from "./runner/call-detector.ts";
import { DueQueue, timerKey } from "./runner/due-queue.ts";
import { createInterner } from "./runner/interner.ts";
import { createPartitionState } from "./runner/partition-state.ts";
import { createPeerPlaces } from "./runner/peer-places.ts";
import { createPeers } from "./runner/peers.ts";
import { Roster } from "./runner/roster.ts";
import { createEnabled, createSettings } from "./runner/settings.ts";
import { spokenOf } from "./runner/speaking.ts";
import { createViews } from "./runner/views.ts";
import { createScopes } from "./scope/scopes.ts";
import { createZones } from "./time/zones.ts";

export interface RunnerOptions {
  readonly detectors: readonly Detector[];
  readonly partition: number;
  /** False where no ticks say that time passes (a backtest): then a pause of all agents is theirs, not the watch's. */
  readonly ticks?: boolean;
  /** A detector threw on a record; the others went on. */
  readonly onFailure?: (detector: string, agent: string, error: unknown) => void;
  /** An agent was forgotten because `limits.agents` was reached. */
  readonly onEvicted?: (agent: string) => void;
}

/**
 * The detectors of one partition. The caller fires the timers due at or before a record's clock first, in due order,
 * then hands over the record. A checkpoint that saves every dirty key together with `partition` and the offset is
 * exact; keys saved at different offsets are exact per agent, since each skips what it already holds.
 */
export interface Runner {
  evaluate(record: JournalRecord, position: Position): readonly Finding[];
  /** Runs the timers that are due at or before `due`; the watch's clock moves there. */
  fire(due: number): readonly Finding[];
  nextDue(): number | undefined;
  /** What stood in the log before this owner took the partition is judged: its totals leave from here on. */
  caughtUp(): void;
  /** Totals, and what was judged late, for the owners of their scopes' keys since the last call: to be appended to the journal. */
  takeRecords(): readonly RoutedRecord[];
  /** Of the configuration in force; undefined while there was none. */
  configHash(): string | undefined;
  /** Keys whose state changed since the last call: `agent:NAME`, `baseline:NAME`, `scope:KIND:NAME`, `totals`, `integrity`, `peers`, `partition`. */
  takeDirty(): string[];
  /** JSON text, true to the offset it names; null: the key is to be removed. */
  save(key: string): string | null;
  /** Takes in a saved value; keys in any order, all of them before the first record. */
  restore(key: string, value: Buffer): void;
}

const NONE: readonly Finding[] = [];
const AGENT = "agent:";
const BASELINE = "baseline:";
const PARTITION = "partition";

/** A runner without any memory yet. */
export function createRunner(options: RunnerOptions): Runner {
  const { detectors, partition } = options;
  const state = createPartitionState();
  const dirty = new Set<string>();
  const timers = new DueQueue();
  const zones = createZones();
  const context: MemoryContext = {
    detectors,
    toolLimit: () => state.config.limits.toolsPerAgent,
    intern: createInterner(),
  };
  const roster = new Roster({
    context,
    limit: () => state.config.limits.agents,
    isWritten: (name) => Object.hasOwn(state.config.agents, name),
    onEvicted: forget,
  });
  const onChange = (key: string) => dirty.add(key);
  const places = createPeerPlaces(onChange);
  const peers = createPeers({
    places,
    agents: () => roster.all(),
    zoneOf: (agent) => settingsOf(agent).timezone,
    lastRecordAt: () => (options.ticks === false ? undefined : state.recordAt),
  });
  const viewOf = createViews({ zones, peers });
  const scopes = createScopes({ partition, zones, config: state.config, onChange });
  const integrity = createIntegrity(onChange);
  /** Those that keep state of their own beside the agents. */
  const keeperOf = (key: string) => [scopes, integrity, places].find((keeper) => keeper.owns(key));
  let settingsFor = createSettings(state.config);
  const enabledBy = createEnabled(detectors);
  const { call, dueOf } = createCaller(detectors);

  function reconfigure(): void {
    settingsFor = createSettings(state.config);
    scopes.configure(state.config);
  }

  function nextDue(): number | undefined {
    const [ofAgents, ofScopes] = [timers.nextDue(), scopes.nextDue()];
    return ofAgents === undefined || ofScopes === undefined ? (ofAgents ?? ofScopes) : Math.min(ofAgents, ofScopes);
  }

  function forget(agent: AgentMemory): void {
    dirty.add(AGENT + agent.name).add(BASELINE + agent.name);
    detectors.forEach((_, index) => {
      timers.set(timerKey(agent.name, index), undefined);
    });
    options.onEvicted?.(agent.name);
  }

  function settingsOf(agent: AgentMemory): AgentSettings {
    if (agent.settings === undefined || agent.settingsOf !== state.configNumber) {
      agent.settings = settingsFor(agent.name);
      agent.enabled = enabledBy(agent.settings);
      agent.settingsOf = state.configNumber;
    }
    return agent.settings;
  }

  function look(agent: AgentMemory, position: Position): AgentView {
    const settings = settingsOf(agent);
    agent.at = Math.max(agent.at, state.now);
    return viewOf(agent, settings, state.thresholds, position);
  }

  function markDirty(agent: AgentMemory): void {
    if (agent.dirty) return;
    agent.dirty = true;
    dirty.add(AGENT + agent.name);
  }

  /** Calls one detector: with an event, what was learned, what somebody said or, without one, as its timer came due. */
  function run(agent: AgentMemory, index: number, seen: AgentView, record?: AgentRecord): readonly Finding[] {
    const memory = agent.states[index] as DetectorState;
    // A timer that fires is taken out of the queue: it is set again even when it stays where it was.
    const dueBefore = record === undefined ? undefined : dueOf(index, memory);
    let findings = NONE;
    try {
      findings = call(index, memory, seen, record);
    } catch (error) {
      options.onFailure?.(detectors[index]?.name ?? "", agent.name, error);
    }
    const due = dueOf(index, memory);
    if (due !== dueBefore || record === undefined) timers.set(timerKey(agent.name, index), due);
    for (const finding of findings) if (finding.quietAfterMs > 0) agent.speaking.said(spokenOf(finding));
    return findings;
  }

  function takeEvent(event: EventRecord, position: Position): readonly Finding[] {
    const agent = roster.touch(event.agent);
    if (position.offset <= agent.offset) return NONE;
    agent.offset = position.offset;
    markDirty(agent);
    if (event.backfill !== true) agent.recent.add(event);
    const seen = look(agent, position);
    let all: readonly Finding[] = NONE;
    const isOld = isOutOfTime(event);
    for (let index = 0; index < detectors.length; index++) {
      if (!agent.enabled[index] || (isOld && !takes(detectors[index] as Detector, event))) continue;
      const findings = run(agent, index, seen, event);
      if (findings.length > 0 && event.backfill !== true) all = all.length === 0 ? findings : [...all, ...findings];
    }
    return all;
  }

  function configure(record: ConfigRecord, position: Position): void {
    const isNew = state.configure(record);
    reconfigure();
    if (isNew) scopes.reconfigured(position, state.now);
  }

  /** Tells those that ask for it what was learned or said of an agent, unless their state holds it already. */
  function tell(agent: AgentMemory | undefined, record: Told, position: Position) {
    if (agent === undefined || position.offset <= agent.offset) return NONE;
    agent.offset = position.offset;
    markDirty(agent);
    const seen = look(agent, position);
    if (record.type === "human") agent.evidence.expect(record);
    return detectors.flatMap((detector, index) =>
      hears(detector, record) && agent.enabled[index] ? run(agent, index, seen, record) : NONE,
    );
  }

  function takeBaseline(record: BaselineRecord, position: Position): readonly Finding[] {
    const agent = roster.meet(record.agent);
    if (agent === undefined || position.offset <= agent.baselineOffset) return NONE;
    const findings = tell(agent, record, position);
    agent.baseline = packBaseline(record, context.intern);
    agent.baselineOffset = position.offset;
    dirty.add(BASELINE + agent.name);
    return findings;
  }

  function fireOne(key: string, due: number): readonly Finding[] {
    const separator = key.indexOf(" ");
    const index = Number(key.slice(0, separator));
    const agent = roster.find(key.slice(separator + 1));
    if (agent?.states[index] === undefined) return NONE;
    markDirty(agent);
    state.moveTo(due);
    return run(agent, index, look(agent, { partition, offset: agent.offset }));
  }

  function restoreTimers(agent: AgentMemory | undefined): void {
    agent?.states.forEach((memory, index) => {
      const due = detectors[index]?.nextDue?.(memory);
      if (due !== undefined) timers.set(timerKey(agent.name, index), due);
    });
  }

  return {
    evaluate(record, position) {
      state.advance(record, position.offset);
      dirty.add(PARTITION);
      switch (record.type) {
        case "event":
          scopes.onEvent(record, position, state.now);
          return takeEvent(record, position);
        case "baseline":
          return takeBaseline(record, position);
        case "human":
          return record.act === "expected" ? tell(roster.find(record.agent), record, position) : NONE;
        case "config":
          configure(record, position);
          return NONE;
        case "calibration":
          state.calibrate(record);
          return NONE;
        case "scope":
          return scopes.onRecord(record, position, state.now);
        case "gap":
        case "lag":
        case "late":
          return integrity.onRecord(record, position, state.now);
        case "peers":
          places.onRecord(record);
          return NONE;
        case "tick":
          return NONE;
      }
    },
    fire(due) {
      const findings: Finding[] = [];
      for (let next = timers.nextDue(); next !== undefined && next <= due; next = timers.nextDue()) {
        const key = timers.take(next);
        if (key !== undefined) findings.push(...fireOne(key, next));
      }
      const scopesDue = scopes.nextDue();
      if (scopesDue !== undefined && scopesDue <= due) {
        scopes.fire(due);
        state.moveTo(due);
      }
      return findings;
    },
    nextDue,
    caughtUp: () => scopes.caughtUp(state.now),
    takeRecords: () => scopes.takeRecords(),
    configHash: () => state.configHash,
    takeDirty() {
      const keys = [...dirty];
      dirty.clear();
      for (const key of keys) {
        const agent = key.startsWith(AGENT) ? roster.find(key.slice(AGENT.length)) : undefined;
        if (agent !== undefined) agent.dirty = false;
      }
      return keys;
    },
    save(key) {
      if (key === PARTITION) return state.save();
      const keeper = keeperOf(key);
      if (keeper !== undefined) return keeper.save(key);
      if (key.startsWith(AGENT)) {
        const agent = roster.find(key.slice(AGENT.length));
        return agent === undefined ? null : saveAgent(agent, detectors);
      }
      const agent = roster.find(key.slice(BASELINE.length));
      return agent === undefined ? null : saveBaseline(agent);
    },
    restore(key, value) {
      if (key === PARTITION) {
        state.restore(readSaved(value));
        reconfigure();
      } else if (keeperOf(key) !== undefined) {
        keeperOf(key)?.restore(key, readSaved(value));
      } else if (key.startsWith(AGENT)) {
        roster.restoreAgent(key.slice(AGENT.length), value);
        restoreTimers(roster.find(key.slice(AGENT.length)));
      } else if (key.startsWith(BASELINE)) {
        roster.restoreBaseline(key.slice(BASELINE.length), value);
      }
    },
  };
}
