/** What makes two findings the same incident. */
import { createHash } from "node:crypto";
import type { Finding } from "../../schemas/finding.ts";

/** What a finding is about, whatever the episode: findings with the same subject key attach to one open incident. */
export function subjectKey(of: Pick<Finding, "detector" | "scope" | "agent" | "subject">): string {
  return JSON.stringify([of.detector, of.scope.kind, of.scope.name, of.agent, of.subject]);
}

/** The episode where the detector names none: the journal position of the finding that opened it. */
export function positionEpisode(finding: Finding): string {
  return `${finding.position.partition}/${finding.position.offset}`;
}

/** 16 hex digits over subject and episode, so that a replay names an incident the same. */
export function incidentId(key: string, episode: string): string {
  return createHash("sha256").update(`${key}\n${episode}`).digest("hex").slice(0, 16);
}
