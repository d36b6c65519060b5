/**
 * The embedded store: chDB in a child process behind ClickHouse's HTTP interface on loopback. A child that dies is
 * started again on the same port with the same passwords, so connections to `url` go on.
 */
import { randomBytes } from "node:crypto";
import { totalmem } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { messageOf, WatchkeeperError } from "../../schemas/errors.ts";
import { safeDatabase } from "../clickhouse/connect.ts";
import { checkEngineAvailable, engineUnavailable } from "./availability.ts";
import { type EngineChild, launch } from "./child.ts";
import type { Credentials, StartMessage } from "./protocol.ts";
import { createEngineTelemetry } from "./telemetry.ts";

export interface EngineOptions {
  /** The engine's own directory; made when it is missing. */
  readonly directory: string;
  readonly logger: Logger;
  readonly registry?: Registry;
  /** Default `watchkeeper`; made when it is missing. */
  readonly database?: string;
  /** Memory of the engine; default 40 % of the machine's, at least 512 MiB, at most 8 GiB. */
  readonly memoryLimitBytes?: number;
  /** Path of the compiled `engine-main.js`; default: the one beside this file. */
  readonly entry?: string;
  /** How long to wait for the lock of a predecessor that is still dying; default 5,000. */
  readonly lockWaitMs?: number;
  /** Told after each restart. */
  readonly onRestart?: () => void;
}

export interface Engine {
  /** `http://127.0.0.1:PORT`, for as long as the engine runs. */
  readonly url: string;
  readonly database: string;
  /** Writes and migrates. */
  readonly writer: Credentials;
  /** Asks, within limits and the form check. */
  readonly reader: Credentials;
  /** Version of the engine. */
  readonly version: string;
  /** Process id of the child that runs now. */
  pid(): number;
  /** Restarts so far. */
  restarts(): number;
  /** Ends the child within this time (default 5,000): questions are killed, inserts finish. */
  stop(withinMs?: number): Promise<void>;
}

const READY_WITHIN_MS = 60_000;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;
/** A child that lived this long was sound; the next try is quick again. */
const SOUND_MS = 30_000;

function memoryLimit(): number {
  return Math.round(Math.min(Math.max(totalmem() * 0.4, 512 * 1024 ** 2), 8 * 1024 ** 3));
}

function credentials(username: string): Credentials {
  return { username, password: randomBytes(24).toString("base64url") };
}

/** A predecessor that was killed may hold the lock for a moment longer. */
async function whenUnlocked(run: () => Promise<EngineChild>, waitMs: number): Promise<EngineChild> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    try {
      return await run();
    } catch (error) {
      const isLocked = error instanceof WatchkeeperError && error.code === "engine_locked";
      if (!isLocked || Date.now() >= deadline) throw error;
      await sleep(FIRST_RETRY_MS);
    }
  }
}

/** Resolves when the engine answers. @throws WatchkeeperError `engine_unavailable`, `engine_locked`, … */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const available = checkEngineAvailable();
  if (!available.ok) throw engineUnavailable(available.reason);
  const telemetry = createEngineTelemetry(options.logger, options.registry);
  const entry = options.entry ?? fileURLToPath(new URL("./engine-main.js", import.meta.url));
  const start: StartMessage = {
    type: "start",
    directory: options.directory,
    database: safeDatabase(options.database ?? "watchkeeper"),
    port: 0,
    writer: credentials("writer"),
    reader: credentials("reader"),
    memoryLimitBytes: options.memoryLimitBytes ?? memoryLimit(),
  };
  const run = (port: number) =>
    launch({ entry, start: { ...start, port }, logger: options.logger, readyWithinMs: READY_WITHIN_MS });
  let child: EngineChild | undefined = await whenUnlocked(() => run(0), options.lockWaitMs ?? 5_000);
  const { port, version } = child;
  let pid = child.pid;
  let restarts = 0;
  const stopping = new AbortController();
  telemetry.ready(pid, version);

  async function bringBack(): Promise<EngineChild | undefined> {
    const downSince = Date.now();
    for (let wait = FIRST_RETRY_MS; !stopping.signal.aborted; wait = Math.min(wait * 2, LONGEST_RETRY_MS)) {
      await sleep(wait, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return undefined;
      try {
        const next = await run(port);
        restarts++;
        pid = next.pid;
        telemetry.restarted(pid, Date.now() - downSince);
        options.onRestart?.();
        return next;
      } catch (error) {
        telemetry.restartFailed(messageOf(error), wait);
      }
    }
    return undefined;
  }

  async function supervise(): Promise<void> {
    while (child !== undefined) {
      const since = Date.now();
      const reason = await child.ended;
      child = undefined;
      if (stopping.signal.aborted) return;
      telemetry.died(reason);
      // A child that dies as soon as it is up must not be started in a tight loop.
      if (restarts > 0 && Date.now() - since < SOUND_MS) {
        await sleep(FIRST_RETRY_MS * 5, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
      child = await bringBack();
    }
  }
  const supervision = supervise();

  return {
    url: `http://127.0.0.1:${port}`,
    database: start.database,
    writer: start.writer,
    reader: start.reader,
    version,
    pid: () => pid,
    restarts: () => restarts,
    async stop(withinMs = 5_000) {
      if (stopping.signal.aborted) return supervision;
      stopping.abort();
      await child?.stop(withinMs);
      await supervision;
      // A child that came up while the stop was asked for.
      await (child as EngineChild | undefined)?.stop(withinMs);
      telemetry.stopped();
    },
  };
}
