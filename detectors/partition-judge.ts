/** Everything that judges one partition: the detectors live, a ledger of when they did, and what came late beside them. */
import { withLateJudge } from "./late/late-judge.ts";
import { type LedgerRunner, withLedger } from "./ledger.ts";
import { DETECTORS } from "./registry.ts";
import { createRunner } from "./runner.ts";
import type { DetectorTelemetry } from "./telemetry.ts";

export interface PartitionJudgeOptions {
  readonly partition: number;
  readonly telemetry: Pick<DetectorTelemetry, "detectorFailed" | "agentEvicted">;
}

export function createPartitionJudge({ partition, telemetry }: PartitionJudgeOptions): LedgerRunner {
  const detectors = DETECTORS;
  const runner = createRunner({
    ...{ detectors, partition },
    onFailure(detector, agent, error) {
      judge.failed(detector);
      telemetry.detectorFailed(detector, agent, error);
    },
    onEvicted: telemetry.agentEvicted,
  });
  const ledger = withLedger(runner, { rules: detectors.map(({ name }) => name), partition });
  const judge = withLateJudge(ledger, { detectors, partition });
  return judge;
}
