/** One cause is told once: what a loop is telling of is no excess of its tool or its spend besides. */
import type { EventRecord } from "../../schemas/journal.ts";
import type { AgentView } from "../detector.ts";

/** Whether this call is one that a loop, or a cycle, is speaking about at the moment. */
export function isToldByLoop({ call }: EventRecord, view: AgentView): boolean {
  return call !== undefined && view.speaking.of("loop", view.now).some(({ subject }) => subject.includes(call));
}

/** Whether an error loop is speaking about this failed call. */
export function isToldByErrorLoop({ failed, tool }: EventRecord, view: AgentView): boolean {
  return failed === true && view.speaking.of("error-loop", view.now).some(({ subject }) => subject === tool);
}

/** Whether a loop, a cycle or an error loop is speaking about this call at the moment. */
export function isToldAsLoop(event: EventRecord, view: AgentView): boolean {
  return isToldByLoop(event, view) || isToldByErrorLoop(event, view);
}
