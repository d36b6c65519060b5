/** The watch of a backtest that also tells of each incident as it changes, as production would send it. */
import { createBacktestWatch } from "../../alerting/backtest-watch.ts";
import type { BacktestOptions } from "../../detectors/backtest.ts";
import type { Incident } from "../../schemas/incident.ts";

export function changingIncidents(onChange: (incident: Incident) => void): BacktestOptions["createWatch"] {
  return (judge) => {
    const watch = createBacktestWatch(judge);
    return {
      ...watch,
      takeOutputs() {
        const outputs = watch.takeOutputs();
        for (const change of outputs.changed) if (change.kind === "changed") onChange(change.incident);
        return outputs;
      },
    };
  };
}
