/** Opens the engine on its directory. The first connection decides the configuration and holds the data open. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Session } from "chdb";
import type { StartMessage } from "./protocol.ts";
import { writeServerConfig } from "./server-config.ts";

export interface OpenEngine {
  readonly version: string;
  /** Another session, standing in the engine's database. */
  open(): Promise<Session>;
  /** Waits for what still runs, then releases the directory. */
  close(): Promise<void>;
}

/** @throws when another process holds the directory, or the engine cannot read or write it. */
export async function openEngine(message: StartMessage): Promise<OpenEngine> {
  const { Session, drainPending } = await import("chdb");
  const data = join(message.directory, "data");
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const connectionArgs = writeServerConfig(message.directory, message);
  const first = new Session(data, { connectionArgs });
  await first.queryAsync(`CREATE DATABASE IF NOT EXISTS ${message.database}`);
  const version = (await first.queryAsync("SELECT version()", { format: "TSVRaw" })).text().trim();
  return {
    version,
    async open() {
      const session = new Session(data);
      await session.queryAsync(`USE ${message.database}`);
      return session;
    },
    async close() {
      await drainPending();
      first.close();
      await drainPending();
    },
  };
}
