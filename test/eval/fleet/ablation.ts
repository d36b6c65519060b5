/** What each part of the watch adds: the same fleets with that part kept from doing anything. */
import type { Learning } from "../../../detectors/backtest/learner.ts";
import { calibrate } from "../../../detectors/calibration/calibrate.ts";
import type { Detector } from "../../../detectors/detector.ts";
import { learnAgent } from "../../../detectors/learning/learn-agent.ts";
import { novelty } from "../../../detectors/novelty.ts";
import { outbound } from "../../../detectors/outbound.ts";

/** What a watch is made of. */
export interface Watching {
  readonly detectors: readonly Detector[];
  readonly learning: Learning;
}

/** As in production. */
export const LEARNING: Learning = { learnAgent, calibrate };

const WEIGHING: readonly string[] = [novelty.name, outbound.name];

/** Every call stands alone: what was odd in its run before is forgotten. */
function alone(detector: Detector): Detector {
  if (!WEIGHING.includes(detector.name)) return detector;
  return {
    ...detector,
    onEvent(state, event, view) {
      if (event.kind !== "decision") view.evidence.runOf(event).pieces = [];
      return detector.onEvent(state, event, view);
    },
  };
}

/** The same, and each odd thing pages by itself. */
function paging(detector: Detector): Detector {
  const single = alone(detector);
  if (single === detector) return detector;
  return {
    ...single,
    onEvent: (...call) =>
      single
        .onEvent(...call)
        .map((finding) => (finding.reason === "new" ? { ...finding, severity: "warning" } : finding)),
  };
}

export const WHOLE = "(nothing left out)";

/** The watch without a part, by the part's name. */
export const ABLATIONS: Readonly<Record<string, (whole: Watching) => Watching>> = {
  [WHOLE]: (whole) => whole,
  "hours of the week": (whole) => ({
    ...whole,
    learning: {
      ...whole.learning,
      learnAgent: (input) => learnAgent({ ...input, zones: { ...input.zones, hourOfWeek: () => 0 } }),
    },
  }),
  calibration: (whole) => ({ ...whole, learning: { ...whole.learning, calibrate: () => undefined } }),
  "evidence together: one thing is a note": (whole) => ({ ...whole, detectors: whole.detectors.map(alone) }),
  "evidence together: one thing is a page": (whole) => ({ ...whole, detectors: whole.detectors.map(paging) }),
  "quarantine of flagged windows": (whole) => ({
    ...whole,
    learning: { ...whole.learning, learnAgent: (input) => learnAgent({ ...input, flagged: [] }) },
  }),
};
