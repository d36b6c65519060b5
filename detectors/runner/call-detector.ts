/** One detector and one record of its agent. */
import type { Finding } from "../../schemas/finding.ts";
import type { BaselineRecord, EventRecord, ExpectedRecord } from "../../schemas/journal.ts";
import type { AgentView, Detector, DetectorState } from "../detector.ts";

/** What an agent's detectors are told beside its events: what was learned of it, and what somebody said. */
export type Told = BaselineRecord | ExpectedRecord;
/** A record about one agent. */
export type AgentRecord = EventRecord | Told;

const NONE: readonly Finding[] = [];

/** Whether it is neither live nor in time, so that not every detector takes it. */
export const isOutOfTime = ({ backfill, clock }: EventRecord): boolean => backfill === true || clock === "late";

/** Late events are told in summaries, never judged one by one, except where backdating could dodge a limit. */
export function takes(detector: Detector, { backfill, clock }: EventRecord): boolean {
  if (backfill === true) return detector.takes?.backfill === true;
  return clock !== "late" || detector.takes?.late === true;
}

/** Whether a detector asks for what was learned, or for what somebody said. */
export function hears(detector: Detector, record: Told): boolean {
  return (record.type === "human" ? detector.onExpected : detector.onBaseline) !== undefined;
}

/** Calls detectors by their place in the list. They are of many shapes: what each event asks of all is looked up once. */
export function createCaller(detectors: readonly Detector[]) {
  const onEvents = detectors.map(({ onEvent }) => onEvent);
  const timers = detectors.map(({ nextDue }) => nextDue);
  return {
    dueOf: (index: number, memory: DetectorState): number | undefined => timers[index]?.(memory),
    /** Hands over a record or, without one, says that the timer came due. */
    call(index: number, memory: DetectorState, seen: AgentView, record?: AgentRecord): readonly Finding[] {
      if (record?.type === "event") return onEvents[index]?.(memory, record, seen) ?? NONE;
      return callDetector(detectors[index] as Detector, memory, seen, record);
    },
  };
}

function callDetector(detector: Detector, memory: DetectorState, seen: AgentView, record?: Told): readonly Finding[] {
  if (record === undefined) return detector.onTimer?.(memory, seen) ?? NONE;
  if (record.type === "baseline") return detector.onBaseline?.(memory, record, seen) ?? NONE;
  detector.onExpected?.(memory, record, seen);
  return NONE;
}
