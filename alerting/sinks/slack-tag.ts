/** The tag of a post as Slack message metadata, and back. */
import type { Tag } from "./sink.ts";

const EVENT_TYPE = "watchkeeper_incident";

const STEPS: ReadonlySet<string> = new Set(["opened", "raised", "limit", "reopened", "reminder"]);

export interface SlackMetadata {
  readonly event_type: string;
  /** `incidents` ("ID:REVISION,…") only where a message tells of several. */
  readonly event_payload: Record<string, string | number>;
}

export function writeTag(tag: Tag): SlackMetadata {
  const entries = Object.entries(tag.incidents);
  const [incident, revision] = entries[0] as [string, number];
  const all = entries.map(([id, shown]) => `${id}:${shown}`).join(",");
  const payload = { incident, step: tag.step, revision };
  return { event_type: EVENT_TYPE, event_payload: entries.length > 1 ? { ...payload, incidents: all } : payload };
}

/** Undefined for messages that are not ours. */
export function readTag(metadata: unknown): Tag | undefined {
  if (typeof metadata !== "object" || metadata === null) return undefined;
  const { event_type, event_payload } = metadata as { event_type?: unknown; event_payload?: Record<string, unknown> };
  if (event_type !== EVENT_TYPE || event_payload === undefined || event_payload === null) return undefined;
  const { incident, incidents, step, revision } = event_payload;
  if (typeof incident !== "string" || typeof step !== "string" || !STEPS.has(step)) return undefined;
  const text = typeof incidents === "string" ? incidents : `${incident}:${Number(revision ?? 1)}`;
  const pairs = text.split(",").map((pair) => pair.split(":") as [string, string]);
  return { incidents: Object.fromEntries(pairs.map(([id, shown]) => [id, Number(shown)])), step: step as Tag["step"] };
}
