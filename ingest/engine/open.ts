/** Opens the engine on its directory. The first connection decides the configuration and holds the data open. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Session } from "chdb";
import { messageOf } from "../../schemas/errors.ts";
import type { StartMessage } from "./protocol.ts";
import { writeServerConfig } from "./server-config.ts";

export interface OpenEngine {
  readonly version: string;
  /** Another session, standing in the engine's database. */
  open(): Promise<Session>;
  /** Waits for what still runs, then releases the directory. */
  close(): Promise<void>;
}

/** The text of error 76 when another process holds the directory. */
export const LOCKED = /Cannot lock file|Another server instance/;

const LOCK_POLL_MS = 100;

/** Waits `lockWaitMs` for a predecessor that is still dying. */
export async function openEngine(message: StartMessage): Promise<OpenEngine> {
  const { Session, drainPending } = await import("chdb");
  const data = join(message.directory, "data");
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const connectionArgs = writeServerConfig(message.directory, message);
  const deadline = Date.now() + message.lockWaitMs;
  let anchor: Session | undefined;
  while (anchor === undefined) {
    try {
      anchor = new Session(data, { connectionArgs });
    } catch (error) {
      if (!LOCKED.test(messageOf(error)) || Date.now() > deadline) throw error;
      await sleep(LOCK_POLL_MS);
    }
  }
  const first = anchor;
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
