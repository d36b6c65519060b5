/** Learning in production: cells out of ClickHouse, what was learned into the journal and table `baselines`. */
import type { ClickHouseClient } from "@clickhouse/client";
import type { CalibrationRecord } from "../../schemas/calibration.ts";
import { TABLES } from "../../schemas/clickhouse/tables.ts";
import { type Config, type WatchConfig, watchConfigOf } from "../../schemas/config.ts";
import type { BaselineRecord } from "../../schemas/journal.ts";
import type { PeersRecord } from "../../schemas/peers.ts";
import { createSettings } from "../runner/settings.ts";
import type { DetectorTelemetry } from "../telemetry.ts";
import { clickhouseCells } from "./clickhouse-cells.ts";
import { learnFleet } from "./learn.ts";
import { type LearningLead, type LedLearning, startLedLearning } from "./led-learning.ts";
import { learnPeerPlaces } from "./peer-places.ts";

export interface FleetLearningOptions {
  readonly lead: LearningLead;
  readonly config: Config;
  /** Connected to the database, with the right to insert. */
  readonly client: ClickHouseClient;
  readonly database: string;
  /** Puts a record into the journal; resolves when it is durable. */
  readonly append: (record: BaselineRecord) => Promise<void>;
  /** Puts a record into every partition of the journal; resolves when it is durable. */
  readonly broadcast: (record: PeersRecord | CalibrationRecord) => Promise<void>;
  readonly telemetry: Pick<DetectorTelemetry, "learningStarted" | "learned" | "learningFailed">;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** On `baselines.schedule`, and soon after history came in or a run was missed. */
export function startFleetLearning(options: FleetLearningOptions): LedLearning {
  const { lead, config, client, database, append, broadcast, telemetry, now } = options;
  const watchConfig = watchConfigOf(config);
  const settingsOf = createSettings(watchConfig);
  const { toolsPerAgent } = config.limits;
  const { falseAlarmsPerWeek } = config.alerts;
  return startLedLearning({
    ...{ lead, now, schedule: config.baselines.schedule },
    settings: settingsText(watchConfig, toolsPerAgent, falseAlarmsPerWeek),
    async learn(_cause, signal) {
      const summary = await learnFleet({
        ...{ settingsOf, signal, append, now: now(), cellSource: clickhouseCells(client), toolLimit: toolsPerAgent },
        ...{ falseAlarmsPerWeek, broadcast },
        insertRows: async (rows) => {
          const table = `${database}.${TABLES.baselines}`;
          await client.insert({ table, values: rows, format: "JSONEachRow", abort_signal: signal });
        },
      });
      // Last: without it a new place weighs more, without baselines nothing would be judged.
      await broadcast(await learnPeerPlaces(client, now(), signal));
      return summary;
    },
    onStart: telemetry.learningStarted,
    onDone: telemetry.learned,
    onFailed: telemetry.learningFailed,
  });
}

/** What learning depends on beside the cells. */
function settingsText({ timezone, defaults, agents }: WatchConfig, ...numbers: readonly number[]): string {
  const own = Object.entries(agents).flatMap(([name, agent]) => (agent.timezone ? [[name, agent.timezone]] : []));
  return JSON.stringify([defaults.timezone ?? timezone, own.sort(), ...numbers]);
}
