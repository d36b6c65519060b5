/** The real binary as a user runs it: started as a process, spoken to over HTTP and by its own commands. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { ClickHouseClient } from "@clickhouse/client";
import { connectStore } from "../../ingest/clickhouse/connect.ts";
import { until } from "../until.ts";

export { until };

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
  /** The compiled program; default: ours. */
  readonly main?: string;
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
    const child = spawn(process.execPath, [options.main ?? MAIN, ...args], {
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
  /** Rows of a question to the store, asked by the command `query`. */
  rows(sql: string): Promise<Record<string, unknown>[]>;
  /** Rows of a question to the store, asked directly as `connection.json` says; 64-bit integers are text. */
  ask<Row = Record<string, unknown>>(sql: string): Promise<Row[]>;
  /** The first row's only value as a number; NaN while there is none, or the store does not answer. */
  number(sql: string): Promise<number>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** What it logged so far. */
  logs(): LogLine[];
  /** Process id of the embedded engine; undefined while none runs. */
  enginePid(): Promise<number | undefined>;
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL of the process and of what it started. */
  kill(): Promise<void>;
}

interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** What the running `up` wrote for local commands. */
export interface ConnectionFile {
  readonly pid: number;
  readonly url: string;
  readonly token: string;
  readonly store: { readonly url: string; readonly user: string; readonly password: string; readonly database: string };
}

export async function readConnectionFile(directory: string): Promise<ConnectionFile> {
  return JSON.parse(await readFile(join(directory, "data", "connection.json"), "utf8")) as ConnectionFile;
}

export interface StartOptions {
  readonly directory: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Text of watchkeeper.yaml. */
  readonly config?: string;
  readonly args?: readonly string[];
  /** The compiled program; default: ours. */
  readonly main?: string;
  /** What `/readyz` is asked with. */
  readonly token?: string;
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
  const child = spawn(process.execPath, [options.main ?? MAIN, "up", ...(options.args ?? [])], {
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
    options.token === undefined ? {} : { authorization: `Bearer ${options.token}` },
  );
  let client: ClickHouseClient | undefined;
  const ask = async <Row>(sql: string): Promise<Row[]> => {
    const { store } = await readConnectionFile(options.directory);
    client ??= connectStore({ ...store, username: store.user });
    const settings = { readonly: "1", final: 1 } as const;
    const answer = await client.query({ query: sql, format: "JSONEachRow", clickhouse_settings: settings });
    return answer.json<Row>();
  };
  const ended = exited.finally(() => client?.close());
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
    exited: ended,
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
    ask,
    number: async (sql) => {
      const rows = await ask<Record<string, unknown>>(sql).catch(() => []);
      return rows[0] === undefined ? Number.NaN : Number(Object.values(rows[0])[0]);
    },
    get: (path, headers = {}) => fetch(`${url}${path}`, { headers }),
    logs: () =>
      stderr
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line) as LogLine),
    enginePid: async () => {
      const { stdout: list } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid=,args="]);
      const line = list
        .split("\n")
        .find((one) => one.includes("engine-main") && one.split(/\s+/).includes(`${child.pid}`));
      return line === undefined ? undefined : Number(line.trim().split(/\s+/)[0]);
    },
    stop: () => {
      child.kill("SIGTERM");
      return ended;
    },
    kill: async () => {
      try {
        process.kill(-(child.pid as number), "SIGKILL");
      } catch {
        // It has ended already.
      }
      await ended;
    },
  };
}

async function ready(
  child: ChildProcess,
  stdout: () => string,
  stderr: () => string,
  headers: Record<string, string>,
): Promise<string> {
  for (;;) {
    const end = child.exitCode ?? child.signalCode;
    if (end !== null) throw new Error(`up ended with ${end}: ${stdout()}${stderr()}`);
    const url = /http:\/\/[\w.:[\]]+:\d+/.exec(stdout())?.[0];
    if (url !== undefined) {
      const answer = await fetch(`${url}/readyz`, { headers }).catch(() => undefined);
      if (answer?.status === 200) return url;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The sum of a metric over its labels. */
export async function metric(up: Pick<Watchkeeper, "get">, name: string): Promise<number> {
  const text = await (await up.get("/metrics")).text();
  const values = text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "gm"));
  return [...values].reduce((sum, [, value]) => sum + Number(value), 0);
}

/** Waits until all that was accepted is judged, stored and told. */
export async function settled(up: Watchkeeper): Promise<void> {
  const waiting = ["watchkeeper_watch_lag_records", "watchkeeper_store_lag_records", "watchkeeper_alert_pending"];
  for (const name of waiting) await until(async () => (await metric(up, name)) === 0);
}
