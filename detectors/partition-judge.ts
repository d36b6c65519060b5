/** Everything that judges one partition: the detectors live, a ledger of when they did, and what came late beside them. */
import { withLateJudge } from "./late/late-judge.ts";
import { type LedgerRunner, withLedger } from "./ledger.ts";
import { DETECTORS } from "./registry.ts";
import type { SharedKeys } from "./runner/shared-keys.ts";
import { createRunner, type RunnerOptions } from "./runner.ts";
import type { DetectorTelemetry } from "./telemetry.ts";

export interface PartitionJudgeOptions {
  readonly partition: number;
  readonly telemetry: Pick<DetectorTelemetry, "detectorFailed" | "agentEvicted">;
}

export function createPartitionJudge({ partition, telemetry }: PartitionJudgeOptions): LedgerRunner & SharedKeys {
  const detectors = DETECTORS;
  const onFailure: NonNullable<RunnerOptions["onFailure"]> = (detector, agent, error) => {
    judge.failed(detector);
    telemetry.detectorFailed(detector, agent, error);
  };
  const runner = createRunner({
    ...{ detectors, partition, onFailure },
    onEvicted: telemetry.agentEvicted,
  });
  const ledger = withLedger(runner, { rules: detectors.map(({ name }) => name), partition });
  const judge = withLateJudge(ledger, { detectors, partition, onFailure });
  return judge;
}
