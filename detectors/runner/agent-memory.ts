/** Everything the runner keeps of one agent, and how it is written down. */
import { WatchkeeperError } from "../../schemas/errors.ts";
import type { EventRef } from "../../schemas/finding.ts";
import type { BaselineRecord } from "../../schemas/journal.ts";
import { type Expectations, loadBaseline, packBaseline, type SavedExpectations } from "../baseline/expectations.ts";
import type { AgentSettings, Detector, DetectorState } from "../detector.ts";
import { AgentEvidence } from "../evidence/evidence.ts";
import type { RecencyNode } from "./recency-list.ts";
import { createRecentEvents, type RecentEvents } from "./recent-events.ts";
import { createSpeaking, type Speaking, type Spoken } from "./speaking.ts";
import { createToolTable, type ToolTable, type ToolTableContext } from "./tool-table.ts";

const NOT_KNOWN: readonly boolean[] = [];
/** Version 1 wrote a baseline as its record; version 2 knew no evidence of requests. */
const VERSION = 3;

/** What keeps agents' memories alike: the detectors, the limits, the shared texts. */
export interface MemoryContext extends ToolTableContext {
  readonly detectors: readonly Detector[];
}

export interface AgentMemory extends RecencyNode {
  readonly name: string;
  readonly tools: ToolTable;
  readonly recent: RecentEvents;
  readonly speaking: Speaking;
  readonly evidence: AgentEvidence;
  readonly states: readonly DetectorState[];
  baseline: Expectations | undefined;
  /** Offset of the last event taken in; what is at or before it is skipped. */
  offset: number;
  baselineOffset: number;
  /** The watch's clock at that event. */
  at: number;
  /** Settings under the configuration of this number. */
  settings: AgentSettings | undefined;
  settingsOf: number;
  /** By detector, whether those settings switch it on. */
  enabled: readonly boolean[];
  dirty: boolean;
}

interface Saved {
  readonly v: number;
  readonly offset: number;
  readonly at: number;
  readonly tools: readonly string[];
  readonly recent: readonly EventRef[];
  readonly spoken: readonly Spoken[];
  /** Absent in what releases without it wrote. */
  readonly evidence?: ReturnType<AgentEvidence["save"]>;
  readonly states: Readonly<Record<string, readonly [version: number, state: unknown] | undefined>>;
}

interface SavedBaseline {
  readonly v: number;
  readonly offset: number;
  readonly packed: SavedExpectations;
  /** Instead, in version 1. */
  readonly record?: BaselineRecord;
}

/** A new agent, or one continued from what was saved of it. */
export function createAgentMemory(name: string, context: MemoryContext, saved?: Saved): AgentMemory {
  return {
    name,
    tools: createToolTable(saved?.tools ?? [], context),
    recent: createRecentEvents(saved?.recent),
    speaking: createSpeaking(saved?.spoken),
    evidence: new AgentEvidence(saved?.evidence),
    states: context.detectors.map((detector) => {
      const state = saved?.states[detector.name];
      return state === undefined ? detector.create() : detector.load(state[1], state[0]);
    }),
    baseline: undefined,
    offset: saved?.offset ?? -1,
    baselineOffset: -1,
    at: saved?.at ?? 0,
    settings: undefined,
    settingsOf: -1,
    enabled: NOT_KNOWN,
    dirty: false,
    newer: undefined,
    older: undefined,
  };
}

/** The value of key `agent:NAME`. */
export function saveAgent(agent: AgentMemory, detectors: readonly Detector[]): string {
  const states = Object.fromEntries(
    detectors.map((detector, index) => [detector.name, [detector.stateVersion, agent.states[index]?.save()] as const]),
  );
  const saved: Saved = {
    v: VERSION,
    offset: agent.offset,
    at: agent.at,
    tools: agent.tools.save(),
    recent: agent.recent.save(),
    spoken: agent.speaking.save(),
    evidence: agent.evidence.save(),
    states,
  };
  return JSON.stringify(saved);
}

/** The value of key `baseline:NAME`; null while there is none. */
export function saveBaseline(agent: AgentMemory): string | null {
  if (agent.baseline === undefined) return null;
  const saved: SavedBaseline = { v: VERSION, offset: agent.baselineOffset, packed: agent.baseline.save() };
  return JSON.stringify(saved);
}

/** Reads a saved value of this version or the one before. A newer one is fatal: another release owns this state. */
export function readSaved(value: Buffer): unknown {
  const saved = JSON.parse(value.toString("utf8")) as { readonly v: number };
  if (saved.v > VERSION) {
    throw new WatchkeeperError(`The watch's state was written by a newer Watchkeeper (version ${saved.v}).`, {
      code: "state_too_new",
      hint: "Start the newer release again, or give this one a data directory of its own.",
    });
  }
  return saved;
}

export function loadAgent(name: string, value: Buffer, context: MemoryContext): AgentMemory {
  return createAgentMemory(name, context, readSaved(value) as Saved);
}

export function restoreBaseline(agent: AgentMemory, value: Buffer, { intern }: MemoryContext): void {
  const { record, packed, offset } = readSaved(value) as SavedBaseline;
  agent.baseline = record === undefined ? loadBaseline(packed, intern) : packBaseline(record, intern);
  agent.baselineOffset = offset;
}
