/** Whether and how to tell about an incident now. Pure; every answer has its reason. */
import type { Incident, IncidentPost } from "../../schemas/incident.ts";
import type { Sent } from "./sent.ts";

type SendReason =
  | "first"
  | "raised"
  | "limit"
  | "reopened"
  | "reminder"
  | "changed"
  | "resolved"
  | "hidden"
  | "note"
  | "unchanged";

export type SendDecision =
  | { readonly action: "post"; readonly reason: SendReason }
  | { readonly action: "reply"; readonly reason: SendReason; readonly step: IncidentPost["step"] | "reminder" }
  | { readonly action: "update"; readonly reason: SendReason }
  /** `lookAgainAt`: when a reminder is due, Unix ms. */
  | { readonly action: "none"; readonly reason: SendReason; readonly lookAgainAt?: number };

/** Of several moments that were not told yet one reply speaks, for the weightiest. */
const WEIGHT: Record<IncidentPost["step"], number> = { opened: 0, reopened: 1, raised: 2, limit: 3 };

/** The moment to reply with; undefined when every moment is told. */
export function outstanding(sent: Sent, incident: Incident): IncidentPost | undefined {
  return incident.posts
    .filter((post) => post.revision > sent.posted)
    .reduce<IncidentPost | undefined>(
      (a, b) => (a === undefined || WEIGHT[b.step] >= WEIGHT[a.step] ? b : a),
      undefined,
    );
}

/** What to do about `incident`, given what was told. `repeatEveryMs` 0: no reminders. */
export function decideSend(
  sent: Sent | undefined,
  incident: Incident,
  now: number,
  repeatEveryMs: number,
): SendDecision {
  const hidden = incident.hiddenBy !== null;
  if (sent === undefined && hidden) return { action: "none", reason: "hidden" };
  // Information is for the digest and the review: it speaks when it rises.
  if (sent === undefined && incident.severity === "info") return { action: "none", reason: "note" };
  if (sent === undefined) return { action: "post", reason: "first" };
  const post = hidden ? undefined : outstanding(sent, incident);
  if (post !== undefined) {
    // Every post of a told incident is one of these three; an `opened` is told by the first message.
    const reason = post.step === "opened" ? "first" : post.step;
    return sent.gone ? { action: "post", reason } : { action: "reply", reason, step: post.step };
  }
  if (sent.revision < incident.revision && !sent.gone) {
    if (incident.state === "resolved") return { action: "update", reason: "resolved" };
    return { action: "update", reason: hidden ? "hidden" : "changed" };
  }
  if (incident.state !== "open" || repeatEveryMs === 0 || hidden) return { action: "none", reason: "unchanged" };
  const remindAt = sent.spokeAt + repeatEveryMs;
  if (now < remindAt) return { action: "none", reason: "unchanged", lookAgainAt: remindAt };
  return sent.gone ? { action: "post", reason: "reminder" } : { action: "reply", reason: "reminder", step: "reminder" };
}
