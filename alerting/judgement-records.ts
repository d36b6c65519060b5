/** What the ledger writes of windows that closed: how it went, and whether it was in time. */
import type { Judgement, JudgementRecord, JudgementStatus } from "../schemas/judgement.ts";

/** Judged so long after the moment that closed the window, it is late: the watch was away or far behind. */
const LATE_MS = 10 * 60_000;

function statusOf({ failures, at, isMissed, isLate }: Judgement, judgedAt: number): JudgementStatus {
  if (isMissed === true) return "missed";
  if (failures > 0) return "failed";
  return isLate === true || judgedAt - at >= LATE_MS ? "late" : "judged";
}

/** Records for `agent-findings`. Without a wall clock there are none. */
export function judgementRecords(closed: readonly Judgement[], now: (() => number) | undefined): JudgementRecord[] {
  if (now === undefined || closed.length === 0) return [];
  const judgedAt = now();
  return closed.map((judgement) => {
    const { isMissed: _, isLate: __, ...rest } = judgement;
    return { type: "judgement", ...rest, status: statusOf(judgement, judgedAt), judged_at: judgedAt };
  });
}
