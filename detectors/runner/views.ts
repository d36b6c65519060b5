/** What detectors look at. One view serves all evaluations: it is read during a call and never kept. */
import type { Position } from "../../schemas/journal.ts";
import type { Thresholds } from "../calibration/thresholds.ts";
import type { AgentSettings, AgentView } from "../detector.ts";
import type { AgentMemory } from "./agent-memory.ts";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type Views = (agent: AgentMemory, settings: AgentSettings, thresholds: Thresholds, position: Position) => AgentView;

/** @param shared what is the same for all agents of the partition. */
export function createViews(shared: Pick<AgentView, "zones" | "peers">): Views {
  let view: Mutable<AgentView> | undefined;
  return (agent, settings, thresholds, position) => {
    const { name, baseline, at: now, tools, recent, speaking, evidence } = agent;
    if (view === undefined) {
      const own = { agent: name, settings, baseline, thresholds, position, now };
      view = { ...own, tools, recent, speaking, evidence, ...shared };
      return view;
    }
    view.agent = name;
    view.settings = settings;
    view.baseline = baseline;
    view.thresholds = thresholds;
    view.position = position;
    view.now = now;
    view.tools = tools;
    view.recent = recent;
    view.speaking = speaking;
    view.evidence = evidence;
    return view;
  };
}
