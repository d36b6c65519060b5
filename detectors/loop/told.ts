/** One cause is told once: what a loop is telling of is no excess of its tool or its spend besides. */
import type { EventRecord } from "../../schemas/journal.ts";
import type { AgentView } from "../detector.ts";

/** Whether this call is one that a loop, or a cycle, is speaking about at the moment. */
export function isToldAsLoop({ call }: EventRecord, view: AgentView): boolean {
  return call !== undefined && view.speaking.of("loop", view.now).some(({ subject }) => subject.includes(call));
}
