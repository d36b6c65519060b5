/** What a finding leaves behind, so that whoever sees the same cause second keeps quiet. */
import type { Finding } from "../../schemas/finding.ts";
import { ratioOf } from "../window/excess.ts";
import type { AgentMemory } from "./agent-memory.ts";

/** Share of what was observed that makes a contributor a cause. */
const CAUSE_SHARE = 0.25;

/** Notes that this is being said of the agent; what ends with its period alone explains nothing else. */
export function remember(agent: AgentMemory, finding: Finding): void {
  if (finding.quietAfterMs === 0) return;
  const { detector, subject, severity, at, quietAfterMs, observed, expected } = finding;
  const ratio = ratioOf(observed, expected ?? 0);
  const causes = finding.contributors.filter((c) => c.observed >= CAUSE_SHARE * observed).map((c) => c.name);
  agent.speaking.said({ detector, subject, severity, at, quietAfterMs, ratio, causes });
}
