/** A ClickHouse of its own process that is killed and started again on the same folder, port and passwords. */
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { ClickHouseClient } from "@clickhouse/client";
import { connectStore } from "../../../ingest/clickhouse/connect.ts";
import { type EngineChild, launch } from "../../../ingest/engine/child.ts";
import { ENTRY, logger } from "../../ingest/engine/running-engine.ts";

export interface OutsideClickHouse {
  /** CLICKHOUSE_* of those who write to it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly client: ClickHouseClient;
  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<void>;
  /** After a kill; resolves when it answers. */
  start(): Promise<void>;
  close(): Promise<void>;
}

const DATABASE = "watchkeeper";
const READY_WITHIN_MS = 60_000;
/** The lock of one that was killed is held until the kernel has put it away. */
const TRIES = 50;

export async function startClickHouse(directory: string): Promise<OutsideClickHouse> {
  const user = (username: string) => ({ username, password: randomBytes(18).toString("base64url") });
  const [writer, reader] = [user("writer"), user("reader")];
  const start = { ...{ directory, writer, reader, database: DATABASE }, memoryLimitBytes: 2 * 1024 ** 3 };

  async function run(port: number): Promise<EngineChild> {
    for (let tries = 1; ; tries += 1) {
      try {
        const message = { type: "start", port, ...start } as const;
        return await launch({ entry: ENTRY, start: message, logger, readyWithinMs: READY_WITHIN_MS });
      } catch (error) {
        if (tries === TRIES) throw error;
        await delay(100);
      }
    }
  }

  let child = await run(0);
  const { port } = child;
  const url = `http://127.0.0.1:${port}`;
  const client = connectStore({ url, ...writer, database: DATABASE, requestTimeoutMs: 60_000 });
  return {
    environment: {
      CLICKHOUSE_URL: url,
      CLICKHOUSE_USER: writer.username,
      CLICKHOUSE_PASSWORD: writer.password,
      CLICKHOUSE_DATABASE: DATABASE,
    },
    client,
    async kill() {
      process.kill(child.pid, "SIGKILL");
      await child.ended;
    },
    async start() {
      child = await run(port);
    },
    async close() {
      await client.close();
      await child.stop(5_000);
    },
  };
}
