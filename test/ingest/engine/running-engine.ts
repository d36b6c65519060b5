/** An engine of its own directory for one test file, and clients to it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ClickHouseClient } from "@clickhouse/client";
import { pino } from "pino";
import { connectStore } from "../../../ingest/clickhouse/connect.ts";
import { type Engine, type EngineOptions, startEngine } from "../../../ingest/engine/engine.ts";

/** The engine's process runs what was built; the sources are not runnable by Node. */
export const ENTRY = fileURLToPath(new URL("../../../dist/ingest/engine/engine-main.js", import.meta.url));

export const logger = pino({ level: process.env.TEST_LOG ?? "silent" });

export interface RunningEngine {
  readonly engine: Engine;
  readonly directory: string;
  readonly writer: ClickHouseClient;
  readonly reader: ClickHouseClient;
  close(): Promise<void>;
}

export async function runEngine(options: Partial<EngineOptions> = {}): Promise<RunningEngine> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), "watchkeeper-engine-")));
  const engine = await startEngine({ directory, logger, entry: ENTRY, ...options });
  const client = (user: Engine["writer"]) =>
    connectStore({ url: engine.url, database: engine.database, requestTimeoutMs: 30_000, ...user });
  const [writer, reader] = [client(engine.writer), client(engine.reader)];
  return {
    engine,
    directory,
    writer,
    reader,
    async close() {
      await Promise.all([writer.close(), reader.close()]);
      await engine.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
