/** One process of the program that is kept running as a supervisor would: whatever ends it, it is started again. */
import { spawn } from "node:child_process";
import { closeSync, fstatSync, openSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ROOT } from "../../e2e/watchkeeper.ts";

export interface KeptProcess {
  readonly name: string;
  /** Of its newest life; undefined while it is down. */
  readonly pid: number | undefined;
  /** SIGKILL; it comes back after so long. Resolves when it has ended. */
  kill(downMs: number): Promise<void>;
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  /** SIGTERM, and it stays away. The exit code; null: it had to be killed. */
  stop(): Promise<number | null>;
}

export interface KeptOptions {
  readonly name: string;
  /** Log and data. */
  readonly directory: string;
  /** Arguments of the program. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** It ended without being asked to; its last words. */
  readonly onEnded: (name: string, words: string) => void;
}

const MAIN = join(ROOT, "dist", "main.js");
const STOP_WITHIN_MS = 15_000;
const BACK_AFTER_MS = 500;

/** Where a process keeps its data, and says where it listens. */
export const dataOf = (directory: string): string => join(directory, "data");

export async function keep(options: KeptOptions): Promise<KeptProcess> {
  const { name, directory } = options;
  await mkdir(directory, { recursive: true });
  const log = join(directory, "log");
  let child: ReturnType<typeof spawn> | undefined;
  let isWanted = true;
  let isAsked = false;
  let downMs = BACK_AFTER_MS;
  /** Bytes of the log from former lives. */
  let began = 0;
  let ended: Promise<number | null> = Promise.resolve(0);

  function start(): Promise<number | null> {
    const output = openSync(log, "a");
    began = fstatSync(output).size;
    const { PATH = "" } = process.env;
    const env = { PATH, WATCHKEEPER_DATA_DIR: dataOf(directory), ...options.env };
    const started = spawn(process.execPath, [MAIN, ...options.args], {
      ...{ cwd: directory, env },
      stdio: ["ignore", output, output],
    });
    closeSync(output);
    child = started;
    return new Promise((resolve) => {
      started.once("error", () => resolve(1));
      started.once("exit", (code) => resolve(code));
    });
  }

  async function live(): Promise<void> {
    while (isWanted) {
      ended = start();
      await ended;
      child = undefined;
      if (!isAsked) options.onEnded(name, lastWords((await readFile(log)).subarray(began).toString()));
      isAsked = false;
      if (isWanted) await delay(downMs);
      downMs = BACK_AFTER_MS;
    }
  }
  void live();

  return {
    name,
    get pid() {
      return child?.pid;
    },
    async kill(down) {
      if (child === undefined) return;
      [isAsked, downMs] = [true, down];
      child.kill("SIGKILL");
      await ended;
    },
    signal: (signal) => void child?.kill(signal),
    async stop() {
      isWanted = false;
      if (child === undefined) return 0;
      isAsked = true;
      child.kill("SIGCONT");
      child.kill("SIGTERM");
      const late = setTimeout(() => child?.kill("SIGKILL"), STOP_WITHIN_MS);
      const code = await ended;
      clearTimeout(late);
      return code;
    },
  };
}

/** Why it ended, as it said so itself; else how its log ends. */
function lastWords(text: string): string {
  const lines = text.trimEnd().split("\n");
  const said = lines.filter((line) => line.startsWith("watchkeeper: ") || line.startsWith('{"level":60'));
  return said[0] ?? lines.slice(-3).join(" | ");
}
