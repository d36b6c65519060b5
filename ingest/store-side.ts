/**
 * The store and what writes to it: an outside ClickHouse, or the embedded engine. Migrations run as soon as it answers;
 * an outside one that does not is waited for, while events wait in the log and alerts go on.
 */
import type { ClickHouseClient } from "@clickhouse/client";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { DEFAULT_REPLICATION, type ReplicatedCluster } from "../schemas/clickhouse/migration.ts";
import type { Config } from "../schemas/config.ts";
import type { StoreToBackUp } from "./backup/backup.ts";
import { dropFrozen, freezeStore } from "./backup/frozen-store.ts";
import { createDatabase } from "./clickhouse/connect.ts";
import { startEngine } from "./engine/engine.ts";
import type { EventLog } from "./log/event-log.ts";
import type { Sleep } from "./retrying.ts";
import type { FollowTopic } from "./store/backfill-notes.ts";
import type { Lead, StartLead } from "./store/lead.ts";
import { type StoreAccess, startStoreWriting } from "./store-writing.ts";

export interface StoreSideOptions {
  readonly log: EventLog;
  /** An outside ClickHouse; undefined: the embedded engine in `directory`. */
  readonly outside: StoreAccess | undefined;
  readonly directory: string;
  readonly config: Config;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly now: () => number;
  readonly sleep: Sleep;
  /** Jobs of the process that leads the group, on the connected store. */
  readonly onLead: (lead: Lead, client: ClickHouseClient, database: string) => ReturnType<StartLead>;
  /** With Kafka: how notes of other processes are read. */
  readonly followTopic?: FollowTopic | undefined;
  /** What no retry can mend. */
  readonly fail: (error: unknown) => void;
}

export interface StoreSide {
  /** For those who look: with the embedded engine read-only and limited. */
  readonly reader: StoreAccess;
  /** For a backup; undefined with an outside ClickHouse. */
  readonly embedded: StoreToBackUp | undefined;
  /** Whether rows are being written: "writing", or why not. Shows no text of the server and no name. */
  state(): string;
  /** Sends what is buffered, closes connection and engine; gives up what is left when the signal aborts. */
  stop(late?: AbortSignal): Promise<void>;
}

/** With the embedded engine resolves when rows are being written; an outside store is not waited for. */
export async function startStoreSide(options: StoreSideOptions): Promise<StoreSide> {
  const { outside, directory, config, logger, registry } = options;
  if (outside !== undefined) {
    const cluster = clusterOf(config.clickhouse);
    const onCluster = cluster === undefined ? "" : ` ON CLUSTER ${cluster.cluster}`;
    const create = () => createDatabase({ ...outside, username: outside.user }, onCluster);
    const writing = startStoreWriting({ ...options, access: outside, cluster, create, isPatient: true });
    return { reader: outside, embedded: undefined, state: writing.state, stop: writing.stop };
  }
  await dropFrozen(directory);
  const engine = await startEngine({ directory, logger, registry });
  const { url, database, writer, reader } = engine;
  const access = ({ username, password }: typeof writer): StoreAccess => ({ url, user: username, password, database });
  const writing = startStoreWriting({
    ...{ ...options, access: access(writer), cluster: undefined, isPatient: false },
    // The engine has done it already.
    create: async () => undefined,
  });
  const stop = async (late?: AbortSignal): Promise<void> => {
    await writing.stop(late);
    await engine.stop();
  };
  try {
    await writing.begun;
  } catch (error) {
    await stop();
    throw error;
  }
  const embedded: StoreToBackUp = {
    engine: engine.version,
    freeze: () => freezeStore({ directory, url, ...writer, database }),
    drop: () => dropFrozen(directory),
    hold: writing.hold,
  };
  return { reader: access(reader), embedded, state: writing.state, stop };
}

function clusterOf({ cluster, replicated }: Config["clickhouse"]): ReplicatedCluster | undefined {
  return cluster === undefined ? undefined : { cluster, ...DEFAULT_REPLICATION, ...replicated };
}
