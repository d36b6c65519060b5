/** Weighs what is odd in a run together: nothing, a note, or one page that names all of it. */
import type { Finding, Severity } from "../../schemas/finding.ts";
import type { AgentView } from "../detector.ts";
import { makeFinding } from "../finding.ts";
import { nameText } from "../text/numbers.ts";
import { addPiece, hasPiece, type Piece, type RunTrace, totalOf } from "./run-trace.ts";
import { CRITICAL_NATS, NOTE_NATS, PAGE_NATS, TOGETHER_MS } from "./weights.ts";

/** What the detector that found the newest piece says of it. */
export interface Newest {
  readonly detector: string;
  readonly subject: string;
  readonly piece: Piece;
  /** Headline of a note: "first use of http_request". */
  readonly title: string;
  /** Why it is odd for this agent: "in 412 runs it did so never". */
  readonly usual: string;
  readonly tool: string;
  /** Brought in as history: weighed, never told. */
  readonly isHistory: boolean;
}

const QUIET_AFTER_MS = 30 * 60_000;
const round = (nats: number): number => Number(nats.toFixed(1));

function strongest(run: RunTrace): readonly Piece[] {
  return [...run.pieces].sort((a, b) => b.nats - a.nats || a.at - b.at);
}

function whyOf(run: RunTrace): string {
  const isAfterOutside = run.pieces.some(({ kind }) => kind === "outside");
  return isAfterOutside
    ? "an agent that was talked into something by what it read looks like this"
    : "several things that this agent does not do, in one run";
}

/**
 * A page when the run's evidence reaches the limit, else a note about the newest piece. A run is one detector's matter
 * once it was told. What was part of a page is on trial again.
 */
export function weighTogether(run: RunTrace, newest: Newest, view: AgentView): Finding | undefined {
  const { detector, subject, piece, title, usual, tool, isHistory } = newest;
  const { zones, settings, now } = view;
  if (run.outside?.at === piece.at && !hasPiece(run, "outside", 0)) addPiece(run, run.outside);
  const total = totalOf(run);
  const isPage = total >= PAGE_NATS;
  if (!isPage && piece.nats < NOTE_NATS) return undefined;
  const grade: Severity = total >= CRITICAL_NATS ? "critical" : isPage ? "warning" : "info";
  const severity = view.speaking.atLeast(detector, subject, grade, now);
  const mine = `${detector} ${subject}`;
  const isToldByOther = run.told !== "" && run.told !== mine;
  if (isPage) {
    view.evidence.distrust(run.told === "" ? run.pieces : [piece], run.told === "" ? mine : run.told);
    if (run.told === "") run.told = mine;
    run.toldAt = piece.at;
  }
  if (isHistory || isToldByOther || !view.speaking.may(detector, subject, severity, now)) return undefined;
  const pieces = isPage ? strongest(run) : [piece];
  const clock = `${zones.clock(settings.timezone, now)} ${zones.city(settings.timezone)}`;
  const [first, ...others] = pieces.map(({ text }) => text);
  return makeFinding(view, {
    detector,
    subject,
    severity,
    window: { from: Math.min(...pieces.map(({ at }) => at), now), to: now },
    unit: "nats",
    observed: round(isPage ? total : piece.nats),
    expected: null,
    high: PAGE_NATS,
    score: round(Math.min(300, (isPage ? total : piece.nats) / Math.LN10)),
    reason: isPage ? "evidence_together" : "new",
    title: isPage ? `odd run: ${first ?? title}` : title,
    facts: isPage ? [`at ${clock}, in one run`, ...others.slice(0, 4)] : [`at ${clock}`, usual],
    why: isPage ? whyOf(run) : "",
    contributors: pieces
      .slice(0, 3)
      .map(({ text, nats }) => ({ name: nameText(text), observed: round(nats), expected: null })),
    events: view.recent.last(isPage ? undefined : tool),
    quietAfterMs: Math.max(QUIET_AFTER_MS, isPage ? TOGETHER_MS : 0),
    endReason: "quiet for 30 minutes",
  });
}
