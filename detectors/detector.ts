/**
 * What a detector is. A detector is one file: its name, its sentence, its options, and a pure evaluation over
 * (state, record). Time is in the records; nothing here reads a clock, a file or a table.
 *
 * MUST
 * - Same records, same findings, byte for byte, whatever the batches and restarts in between.
 * - State is bounded per agent and survives `save`/`load`.
 * - A detector speaks when an amount crosses, then again only when the step or severity rises, or to keep its
 *   incident alive (at most once a minute).
 */

import type { WatchConfig } from "../schemas/config.ts";
import type { DetectorOptions } from "../schemas/detector-options.ts";
import type { Finding } from "../schemas/finding.ts";
import type { BaselineRecord, EventRecord, ExpectedRecord, Position } from "../schemas/journal.ts";
import type { Expectations } from "./baseline/expectations.ts";
import type { Thresholds } from "./calibration/thresholds.ts";
import type { AgentEvidence } from "./evidence/evidence.ts";
import type { Rules } from "./policy/rules.ts";
import type { Peers } from "./runner/peers.ts";
import type { RecentEvents } from "./runner/recent-events.ts";
import type { Speaking } from "./runner/speaking.ts";
import type { ToolTable } from "./runner/tool-table.ts";
import type { Zones } from "./time/zones.ts";

/** What an evaluation may look at besides its own state. */
export interface AgentView {
  readonly agent: string;
  /** The configuration in force at this record, with the agent's own and the default options already merged. */
  readonly settings: AgentSettings;
  /** The agent's latest baseline in compact form; undefined while nothing was learned. */
  readonly baseline: Expectations | undefined;
  /** From which scores on something pages: what the false-alarm budget comes to for this fleet. */
  readonly thresholds: Thresholds;
  readonly position: Position;
  /** The watch's clock: the greatest arrival or tick of this partition so far. */
  readonly now: number;
  /** The agent's tools by a small number, the same for every detector; bounded by `limits.toolsPerAgent`. */
  readonly tools: ToolTable;
  /** The agent's last events, this one included, as a message shows them. */
  readonly recent: RecentEvents;
  /** What this agent's detectors are saying at the moment, so that one cause is told once. */
  readonly speaking: Speaking;
  /** What it is used to and what is odd in its runs, shared by the detectors that weigh small signs together. */
  readonly evidence: AgentEvidence;
  /** Local time, periods and offsets, cached. */
  readonly zones: Zones;
  /** The other agents of this partition. */
  readonly peers: Peers;
}

/** One agent's settings: its own, else the defaults. */
export interface AgentSettings {
  readonly timezone: string;
  readonly hours: NonNullable<WatchConfig["defaults"]["hours"]> | undefined;
  readonly budgets: NonNullable<WatchConfig["defaults"]["budgets"]>;
  readonly detectors: DetectorOptions;
  /** Lists, permission level and approvals that somebody wrote; undefined: none. */
  readonly rules: Rules | undefined;
}

/** One detector's memory of one agent. */
export interface DetectorState {
  /** JSON-serialisable; read back by `load` of the same version. */
  save(): unknown;
}

/** What its page in docs/detectors says that neither the options nor a run of it tell. Sentences in Markdown. */
interface DetectorPage {
  /** From when on it speaks of an agent. */
  readonly ready: string;
  /** How to hear less of it, short of switching it off. */
  readonly quieter: string;
  /** Keys of an agent that govern it, besides its own under `detectors`. */
  readonly keys?: readonly Exclude<keyof WatchConfig["defaults"], "detectors">[];
}

export interface Detector<State extends DetectorState = DetectorState> {
  readonly name: string;
  /** One sentence for the documentation and the table of detectors. */
  readonly summary: string;
  readonly page: DetectorPage;
  /** Grows when `save` changes its shape; `load` reads this one and the one before. */
  readonly stateVersion: number;
  /** Which events it sees besides live ones in time; it never pages for them one by one. Default: none. */
  readonly takes?: { readonly late?: boolean; readonly backfill?: boolean };
  /**
   * Whether what it told of for this reason is learned when somebody says that it is expected: by the baseline, by what is
   * known of places, tools and turns, or by `onExpected`. Default: no; a rule that somebody wrote is not unlearned.
   */
  readonly learnsExpected?: (reason: string) => boolean;
  create(): State;
  /** `saved` belongs to the state from here on: nobody else keeps it. */
  load(saved: unknown, version: number): State;
  /** Takes in one event (repeats are already dropped) and says what is wrong, if anything. Knows no `this`. */
  onEvent(state: State, event: EventRecord, view: AgentView): readonly Finding[];
  /** A timer of `nextDue` came due: `view.now` is its due time. */
  onTimer?(state: State, view: AgentView): readonly Finding[];
  /** Something new was learned; `view.baseline` is still the one before. */
  onBaseline?(state: State, record: BaselineRecord, view: AgentView): readonly Finding[];
  /** A person said that what an incident told of is as it should be. */
  onExpected?(state: State, record: ExpectedRecord, view: AgentView): void;
  /** When this agent's state wants `onTimer`; undefined: never. */
  nextDue?(state: State): number | undefined;
}
