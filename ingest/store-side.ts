/**
 * The store and what writes to it: an outside ClickHouse, or the embedded engine. Migrations run as soon as it answers;
 * an outside one that does not is waited for, while events wait in the log and alerts go on.
 */
import type { ClickHouseClient } from "@clickhouse/client";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { Config } from "../schemas/config.ts";
import { messageOf } from "../schemas/errors.ts";
import { classifyPatiently, classifyStoreError } from "./clickhouse/classify.ts";
import { connectStore, createDatabase } from "./clickhouse/connect.ts";
import { migrate } from "./clickhouse/migrate.ts";
import { startEngine } from "./engine/engine.ts";
import type { EventLog } from "./log/event-log.ts";
import type { FollowTopic } from "./store/backfill-notes.ts";
import type { Lead, StartLead } from "./store/lead.ts";
import { type Sleep, type Store, startStore } from "./store/store.ts";

/** Address and user of the store. */
interface StoreAccess {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

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
  /** Whether rows are being written. */
  isUp(): boolean;
  /** Sends what is buffered, closes connection and engine. */
  stop(): Promise<void>;
}

const LONGEST_WAIT_MS = 30_000;

/** With the embedded engine resolves when rows are being written; an outside store is not waited for. */
export async function startStoreSide(options: StoreSideOptions): Promise<StoreSide> {
  const { outside, directory, logger, registry } = options;
  if (outside !== undefined) {
    const writing = startWriting(options, outside, () => createDatabase({ ...outside, username: outside.user }));
    return { reader: outside, isUp: writing.isUp, stop: writing.stop };
  }
  const engine = await startEngine({ directory, logger, registry });
  const { url, database, writer, reader } = engine;
  const access = ({ username, password }: typeof writer): StoreAccess => ({ url, user: username, password, database });
  const writing = startWriting(options, access(writer), async () => undefined);
  const stop = async (): Promise<void> => {
    await writing.stop();
    await engine.stop();
  };
  try {
    await writing.begun;
  } catch (error) {
    await stop();
    throw error;
  }
  return { reader: access(reader), isUp: writing.isUp, stop };
}

interface Writing {
  readonly begun: Promise<void>;
  isUp(): boolean;
  stop(): Promise<void>;
}

/** Migrates as soon as the store answers, then writes. */
function startWriting(options: StoreSideOptions, access: StoreAccess, create: () => Promise<void>): Writing {
  const { log, config, logger, registry, now, sleep, fail } = options;
  const { database } = access;
  const client = connectStore({ ...access, username: access.user });
  const stopping = new AbortController();
  let store: Store | undefined;

  async function prepare(): Promise<void> {
    for (let attempt = 0; !stopping.signal.aborted; attempt += 1) {
      try {
        await create();
        await migrate(client, { database, retention: config.retention, logger });
        return;
      } catch (error) {
        const classified = classifyStoreError(error);
        if (classified.verdict !== "retry") throw classified;
        logger.error({ error: messageOf(error) }, "the store does not answer; events wait in the log, alerts go on");
        await sleep(Math.min(LONGEST_WAIT_MS, 500 * 2 ** attempt), stopping.signal);
      }
    }
  }

  async function begin(): Promise<void> {
    await prepare();
    if (stopping.signal.aborted) return;
    store = startStore({
      ...{ log, client, database, logger, registry, now, sleep },
      ...(options.followTopic === undefined ? {} : { followTopic: options.followTopic }),
      onLead: (lead) => options.onLead(lead, client, database),
      // Once it ran, nothing about the store ends the program: alerts would end with it.
      classify: classifyPatiently,
      recentIds: config.limits.recentIds,
    });
    store.done.catch(fail);
  }

  const begun = begin();
  begun.catch(fail);
  return {
    begun,
    isUp: () => store !== undefined,
    async stop() {
      stopping.abort();
      await begun.catch(() => undefined);
      await store?.stop();
      await client.close();
    },
  };
}
