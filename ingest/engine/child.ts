/** One life of the engine's process: fork, start, and its end. */
import { type ChildProcess, fork } from "node:child_process";
import { createInterface } from "node:readline";
import type { Logger } from "pino";
import { WatchkeeperError } from "../../schemas/errors.ts";
import type { ChildMessage, ParentMessage, StartMessage } from "./protocol.ts";

export interface EngineChild {
  readonly pid: number;
  readonly port: number;
  readonly version: string;
  /** Resolves with the reason when the process has ended. */
  readonly ended: Promise<string>;
  /** Asks it to finish; kills it when it takes longer. */
  stop(withinMs: number): Promise<void>;
}

/** Calls run on libuv's threads, and with the default four a few heavy ones would hold up file reads and each other. */
const THREADS = "16";

export interface LaunchOptions {
  /** Path of `engine-main.js`. */
  readonly entry: string;
  readonly start: StartMessage;
  readonly logger: Logger;
  /** Kill it when it is not ready by then. */
  readonly readyWithinMs: number;
}

/** Resolves when the engine answers. @throws WatchkeeperError that says why it does not. */
export async function launch({ entry, start, logger, readyWithinMs }: LaunchOptions): Promise<EngineChild> {
  const child = fork(entry, [], {
    env: { ...process.env, UV_THREADPOOL_SIZE: THREADS, NODE_OPTIONS: "" },
    execArgv: [],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  logLines(child, logger);
  const ended = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal === null ? `exit code ${code}` : signal));
    child.once("error", (error) => resolve(error.message));
  });
  const send = (message: ParentMessage) => child.connected && child.send(message, () => undefined);
  send(start);
  try {
    const ready = await firstAnswer(child, ended, readyWithinMs);
    return {
      pid: child.pid as number,
      port: ready.port,
      version: ready.version,
      ended,
      async stop(withinMs) {
        const timer = setTimeout(() => child.kill("SIGKILL"), withinMs);
        send({ type: "stop", withinMs: Math.max(0, withinMs - 500) });
        await ended;
        clearTimeout(timer);
      },
    };
  } catch (error) {
    child.kill("SIGKILL");
    await ended;
    throw error;
  }
}

type Ready = Extract<ChildMessage, { type: "ready" }>;

function firstAnswer(child: ChildProcess, ended: Promise<string>, readyWithinMs: number): Promise<Ready> {
  return new Promise((resolve, reject) => {
    const fail = (code: string, message: string, hint: string) => {
      clearTimeout(timer);
      reject(new WatchkeeperError(message, { code, hint }));
    };
    const hint = "Look at the log above, or set CLICKHOUSE_URL to use a ClickHouse server instead.";
    const timer = setTimeout(
      () => fail("engine_failed", `The embedded store was not ready within ${readyWithinMs / 1000} s.`, hint),
      readyWithinMs,
    );
    ended.then((reason) => fail("engine_failed", `The embedded store ended while it started (${reason}).`, hint));
    child.once("message", (message: ChildMessage) => {
      if (message.type === "failed") return fail(message.code, message.message, message.hint);
      clearTimeout(timer);
      resolve(message);
    });
  });
}

/** What the engine writes to its streams are warnings; it has no log of its own. */
function logLines(child: ChildProcess, logger: Logger): void {
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on("line", (line) => logger.warn({ line: line.slice(0, 2000) }, "engine"));
  }
}
