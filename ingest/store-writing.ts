/**
 * From a store that may not answer yet to rows being written, and back to that after somebody dropped its tables. What
 * only a person can mend is said every so often and tried again: alerts would end with the program.
 */
import type { ClickHouseClient } from "@clickhouse/client";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { ReplicatedCluster } from "../schemas/clickhouse/migration.ts";
import type { Config } from "../schemas/config.ts";
import type { WatchkeeperError } from "../schemas/errors.ts";
import { classifyPatiently, classifyStoreError, isSchemaMissing } from "./clickhouse/classify.ts";
import { connectStore, untilAborted } from "./clickhouse/connect.ts";
import { type MigrateOptions, migrate } from "./clickhouse/migrate.ts";
import { rebuildRollUp } from "./clickhouse/rebuild-roll-up.ts";
import { restoreTables } from "./clickhouse/restore-tables.ts";
import type { EventLog } from "./log/event-log.ts";
import type { Sleep } from "./retrying.ts";
import { settledBy } from "./settled-by.ts";
import type { FollowTopic } from "./store/backfill-notes.ts";
import type { Lead, StartLead } from "./store/lead.ts";
import { type Store, startStore } from "./store/store.ts";
import { createTableKeeper } from "./store/table-keeper.ts";

/** Address and user of the store. */
export interface StoreAccess {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export interface StoreWritingOptions {
  readonly log: EventLog;
  readonly access: StoreAccess;
  readonly cluster: ReplicatedCluster | undefined;
  /** Creates the database when it is missing. */
  readonly create: () => Promise<void>;
  /** Whether what a person can mend outside of this program is waited for; else it ends the start. */
  readonly isPatient: boolean;
  readonly config: Config;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly now: () => number;
  readonly sleep: Sleep;
  /** In [0, 1); default Math.random. */
  readonly random?: () => number;
  /** Jobs of the process that leads the group, on the connected store. */
  readonly onLead: (lead: Lead, client: ClickHouseClient, database: string) => ReturnType<StartLead>;
  /** With Kafka: how notes of other processes are read. */
  readonly followTopic?: FollowTopic | undefined;
  readonly fail: (error: unknown) => void;
}

export interface StoreWriting {
  /** Resolves when rows are being written. */
  readonly begun: Promise<void>;
  /** "writing", or why not. */
  state(): string;
  /** See `Store.hold`; before rows are written there is nothing to hold. */
  hold(signal: AbortSignal): Promise<() => void>;
  /** Sends what is buffered; gives up what is left when the signal aborts. */
  stop(late?: AbortSignal): Promise<void>;
}

const LONGEST_WAIT_MS = 30_000;

/** Mistakes that wait for another configuration or another version, not for the server. */
const ENDING = new Set(["config_invalid", "schema_too_new"]);

/** Migrates as soon as the store answers, then writes. */
export function startStoreWriting(options: StoreWritingOptions): StoreWriting {
  const { log, access, cluster, config, logger, registry, now, sleep, random = Math.random, fail } = options;
  const { database } = access;
  const client = connectStore({ ...access, username: access.user });
  const migration: MigrateOptions = { database, retention: config.retention, logger, cluster };
  const stopping = new AbortController();
  let store: Store | undefined;
  let problem: WatchkeeperError | undefined;

  async function prepare(): Promise<void> {
    for (let attempt = 0; !stopping.signal.aborted; attempt += 1) {
      try {
        await options.create();
        await migrate(client, migration);
        return;
      } catch (error) {
        problem = classifyStoreError(error);
        if (problem.verdict !== "retry" && (!options.isPatient || ENDING.has(problem.code))) throw problem;
        const { message, retryAfterMs = 0 } = classifyPatiently(error);
        logger.error({ error: message }, "the store cannot be used yet; events wait in the log, alerts go on");
        const delayMs = Math.max(retryAfterMs, Math.min(LONGEST_WAIT_MS, 500 * 2 ** attempt));
        await sleep(delayMs, stopping.signal);
      }
    }
  }

  let attempts = 0;
  const keeper = createTableKeeper({
    ...{ logger, sleep, now },
    async keep(signal) {
      await options.create();
      attempts += 1;
      const filling = { ...migration, attempt: `${now()}_${attempts}_${random().toString(36).slice(2, 10)}` };
      const stoppable = untilAborted(client, signal);
      await rebuildRollUp(stoppable, filling);
      await restoreTables(stoppable, filling);
    },
  });

  async function begin(): Promise<void> {
    await prepare();
    if (stopping.signal.aborted) return;
    store = startStore({
      ...{ log, client, database, logger, registry, now, sleep },
      ...(options.followTopic === undefined ? {} : { followTopic: options.followTopic }),
      onLead: keeper.beside((lead) => options.onLead(lead, client, database)),
      // Once it ran, nothing about the store ends the program: alerts would end with it.
      classify: classifyPatiently,
      mend: async (error) => isSchemaMissing(error) && keeper.mend(),
      replicated: cluster !== undefined,
      recentIds: config.limits.recentIds,
    });
    store.done.catch(fail);
  }

  function state(): string {
    const current = store === undefined ? problem : store.problem();
    if (store !== undefined && current === undefined) return "writing";
    const why = current === undefined ? "it has not answered yet" : current.code;
    return `not up (${why}); events wait in the log, alerts go on`;
  }

  const begun = begin();
  begun.catch(fail);
  return {
    begun,
    state,
    hold: async (signal) => (await store?.hold(signal)) ?? (() => undefined),
    async stop(late) {
      stopping.abort();
      await settledBy(begun, late);
      await store?.stop(late);
      await client.close();
    },
  };
}
