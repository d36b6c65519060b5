/**
 * From a store that may not answer yet to rows being written, and back to that after somebody dropped its tables. What
 * only a person can mend is said every so often and tried again: alerts would end with the program.
 */
import type { ClickHouseClient } from "@clickhouse/client";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { ReplicatedCluster } from "../schemas/clickhouse/migration.ts";
import type { Config } from "../schemas/config.ts";
import { messageOf, type WatchkeeperError } from "../schemas/errors.ts";
import { classifyPatiently, classifyStoreError, isSchemaMissing } from "./clickhouse/classify.ts";
import { connectStore } from "./clickhouse/connect.ts";
import { type MigrateOptions, migrate } from "./clickhouse/migrate.ts";
import { rebuildRollUp } from "./clickhouse/rebuild-roll-up.ts";
import { restoreTables } from "./clickhouse/restore-tables.ts";
import type { EventLog } from "./log/event-log.ts";
import type { Mend } from "./retrying.ts";
import { settledBy } from "./settled-by.ts";
import type { FollowTopic } from "./store/backfill-notes.ts";
import type { Lead, StartLead } from "./store/lead.ts";
import { type Sleep, type Store, startStore } from "./store/store.ts";

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

/** How often missing tables are made again at most. */
const RESTORE_EVERY_MS = 15_000;

/** How often the one who leads looks whether the roll-up is fed. */
const LOOK_EVERY_MS = 60_000;

/** Mistakes that wait for another configuration or another version, not for the server. */
const ENDING = new Set(["config_invalid", "schema_too_new"]);

/** Migrates as soon as the store answers, then writes. */
export function startStoreWriting(options: StoreWritingOptions): StoreWriting {
  const { log, access, cluster, config, logger, registry, now, sleep, fail } = options;
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

  async function restore(): Promise<boolean> {
    try {
      await options.create();
      await restoreTables(client, migration);
      return true;
    } catch (error) {
      logger.error({ error: messageOf(error) }, "the tables of the store could not be made again");
      return false;
    }
  }

  async function begin(): Promise<void> {
    await prepare();
    if (stopping.signal.aborted) return;
    store = startStore({
      ...{ log, client, database, logger, registry, now, sleep },
      ...(options.followTopic === undefined ? {} : { followTopic: options.followTopic }),
      onLead: withRollUpCheck((lead) => options.onLead(lead, client, database), {
        check: () => rebuildRollUp(client, migration),
        ...{ logger, sleep },
      }),
      // Once it ran, nothing about the store ends the program: alerts would end with it.
      classify: classifyPatiently,
      mend: createMend(restore, now),
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

interface RollUpCheck {
  readonly check: () => Promise<unknown>;
  readonly logger: Pick<Logger, "error">;
  readonly sleep: Sleep;
}

/** The jobs of the process that leads, and one more: it looks at the start and then each minute whether the roll-up is fed. */
function withRollUpCheck(start: StartLead, { check, logger, sleep }: RollUpCheck): StartLead {
  return (lead) => {
    const jobs = start(lead);
    const stopping = new AbortController();
    const run = async () => {
      while (!stopping.signal.aborted) {
        await check().catch((error: unknown) => {
          logger.error({ error: messageOf(error) }, "the roll-up of the store could not be looked at; later again");
        });
        await sleep(LOOK_EVERY_MS, stopping.signal);
      }
    };
    const running = run();
    return {
      async stop() {
        stopping.abort();
        await Promise.all([running, jobs.stop()]);
      },
    };
  };
}

/** Makes missing tables again, once for all partitions that meet it, and not more often than every 15 seconds. */
function createMend(restore: () => Promise<boolean>, now: () => number): Mend {
  let restoredAt = Number.NEGATIVE_INFINITY;
  let restored: Promise<boolean> = Promise.resolve(false);
  return (error) => {
    if (!isSchemaMissing(error)) return Promise.resolve(false);
    if (now() - restoredAt >= RESTORE_EVERY_MS) {
      restoredAt = now();
      restored = restore();
    }
    return restored;
  };
}
