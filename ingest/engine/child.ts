/** One life of the engine's process: fork, start, and its end. */
import { type ChildProcess, fork } from "node:child_process";
import { createInterface } from "node:readline";
import type { Logger } from "pino";
import { messageOf } from "../../schemas/errors.ts";
import { startFailure } from "./open-failure.ts";
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
  const output = readOutput(child, logger);
  const ended = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal === null ? `exit code ${code}` : signal));
    child.once("error", (error) => resolve(error.message));
  });
  const closed = new Promise((resolve) => child.once("close", resolve));
  const send = (message: ParentMessage) => child.connected && child.send(message, () => undefined);
  send(start);
  try {
    const ready = await firstAnswer({ child, ended, output, readyWithinMs });
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
    // Only when its streams are closed is everything read that the engine wrote about the cause.
    await closed;
    throw startFailure(`${messageOf(error)}\n${output.tail()}`, start.directory);
  }
}

type Ready = Extract<ChildMessage, { type: "ready" }>;

interface Start {
  readonly child: ChildProcess;
  readonly ended: Promise<string>;
  readonly output: EngineOutput;
  readonly readyWithinMs: number;
}

function firstAnswer({ child, ended, output, readyWithinMs }: Start): Promise<Ready> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => {
      clearTimeout(timer);
      reject(new Error(reason));
    };
    const timer = setTimeout(() => fail(`it is not ready after ${readyWithinMs / 1000} s`), readyWithinMs);
    ended.then((reason) => fail(`its process ended (${reason})`));
    child.once("message", (message: ChildMessage) => {
      if (message.type === "failed") return fail(message.message);
      clearTimeout(timer);
      output.forward();
      resolve(message);
    });
  });
}

interface EngineOutput {
  /** The last lines. */
  tail(): string;
  /** From now on every line is logged. */
  forward(): void;
}

const TAIL_LINES = 20;

/** What the engine writes to its streams: kept while it starts, as the cause of a failure; then logged as warnings. */
function readOutput(child: ChildProcess, logger: Logger): EngineOutput {
  const lines: string[] = [];
  let isForwarding = false;
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on("line", (line) => {
      if (isForwarding) logger.warn({ line: line.slice(0, 2000) }, "engine");
      else if (lines.push(line) > TAIL_LINES) lines.shift();
    });
  }
  return {
    tail: () => lines.join("\n"),
    forward() {
      isForwarding = true;
    },
  };
}
