/** Every detector, in the order in which they look at a record: what explains other findings comes first. */
import { budget } from "./budget.ts";
import type { Detector } from "./detector.ts";
import { errorLoop } from "./error-loop.ts";
import { loop } from "./loop.ts";
import { novelty } from "./novelty.ts";
import { offHours } from "./off-hours.ts";
import { outbound } from "./outbound.ts";
import { policy } from "./policy.ts";
import { priceCoverage } from "./price-coverage.ts";
import { recordIntegrity } from "./record-integrity.ts";
import { resource } from "./resource.ts";
import { secretLeak } from "./secret-leak.ts";
import { silence } from "./silence.ts";
import { spend } from "./spend.ts";
import { toolFrequency } from "./tool-frequency.ts";

/** Adding a detector is its file, its test and a line here. */
export const DETECTORS: readonly Detector[] = [
  offHours,
  loop,
  errorLoop,
  toolFrequency,
  spend,
  novelty,
  outbound,
  resource,
  silence,
  budget,
  policy,
  secretLeak,
  recordIntegrity,
  priceCoverage,
];

/** Whether what a detector told of for this reason is learned when somebody says that it is expected. */
export function learnsExpected(detector: string, reason: string): boolean {
  return DETECTORS.find(({ name }) => name === detector)?.learnsExpected?.(reason) ?? false;
}
