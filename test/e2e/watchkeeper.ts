/** The real binary as a user runs it: started as a process, spoken to over HTTP and by its own commands. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const MAIN = join(ROOT, "dist", "main.js");

export interface Output {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
}

/** The environment of a fresh machine: nothing of ours set. */
function cleanEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (!/^(WATCHKEEPER|SLACK|KAFKA|CLICKHOUSE)_|^NODE_OPTIONS$|^VITEST/.test(name)) env[name] = value;
  }
  return { ...env, ...extra };
}

/** Runs one command to its end. */
export function run(args: readonly string[], options: RunOptions = {}): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: options.cwd ?? tmpdir(),
      env: cleanEnvironment(options.env),
      stdio: ["pipe", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(options.input ?? "");
  });
}

export interface Watchkeeper {
  readonly directory: string;
  readonly url: string;
  readonly pid: number;
  /** Everything it printed so far. */
  stdout(): string;
  stderr(): string;
  /** Resolves with the exit code. */
  readonly exited: Promise<number | null>;
  post(lines: readonly (string | object)[], path?: string, headers?: Record<string, string>): Promise<Response>;
  /** A looking command beside it; rejects when it fails. */
  command(...args: string[]): Promise<string>;
  /** Rows of a question to the store. */
  rows(sql: string): Promise<Record<string, unknown>[]>;
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL of the process and of what it started. */
  kill(): Promise<void>;
}

export interface StartOptions {
  readonly directory: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Text of watchkeeper.yaml. */
  readonly config?: string;
  readonly args?: readonly string[];
}

/** A directory of its own that is removed by `dispose`. */
export async function temporaryDirectory(): Promise<{ path: string; dispose(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "watchkeeper-e2e-"));
  return { path, dispose: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** Starts `watchkeeper up` and waits until /readyz says so. Its process group is its own, so that `kill` takes all. */
export async function start(options: StartOptions): Promise<Watchkeeper> {
  const data = join(options.directory, "data");
  const configFile = join(options.directory, "watchkeeper.yaml");
  await writeFile(configFile, options.config ?? "");
  const env = {
    WATCHKEEPER_DATA_DIR: data,
    WATCHKEEPER_CONFIG: configFile,
    WATCHKEEPER_HTTP_PORT: "0",
    ...options.env,
  };
  const child = spawn(process.execPath, [MAIN, "up", ...(options.args ?? [])], {
    cwd: options.directory,
    env: cleanEnvironment(env),
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  const exited = new Promise<number | null>((resolve) => child.on("close", (code) => resolve(code)));
  const url = await ready(
    child,
    () => stdout,
    () => stderr,
  );
  const command = async (...args: string[]): Promise<string> => {
    const output = await run(args, { env });
    if (output.code !== 0) throw new Error(`watchkeeper ${args.join(" ")} ended with ${output.code}: ${output.stderr}`);
    return output.stdout;
  };
  return {
    directory: options.directory,
    url,
    pid: child.pid as number,
    stdout: () => stdout,
    stderr: () => stderr,
    exited,
    post: (lines, path = "/v1/events", headers = {}) =>
      fetch(`${url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/x-ndjson", ...headers },
        body: lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"),
      }),
    command,
    rows: async (sql) =>
      (await command("query", sql, "--format", "json"))
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    stop: () => {
      child.kill("SIGTERM");
      return exited;
    },
    kill: async () => {
      try {
        process.kill(-(child.pid as number), "SIGKILL");
      } catch {
        // It has ended already.
      }
      await exited;
    },
  };
}

async function ready(child: ChildProcess, stdout: () => string, stderr: () => string): Promise<string> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`up ended with ${child.exitCode}: ${stdout()}${stderr()}`);
    const url = /http:\/\/[\w.:[\]]+:\d+/.exec(stdout())?.[0];
    if (url !== undefined) {
      const answer = await fetch(`${url}/readyz`).catch(() => undefined);
      if (answer?.status === 200) return url;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Waits until a condition holds; the test's own time limit ends a wait that never does. */
export async function until<T>(condition: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> {
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
