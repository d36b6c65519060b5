/** Other processes, seen from outside. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));

export interface Loaded {
  /** When the first post was sent, Unix milliseconds. */
  readonly startedAt: number;
  readonly accepted: number;
  readonly refusals: number;
  readonly seconds: number;
  readonly postP99Ms: number;
}

/** Starts a TypeScript program beside this file. */
export function spawnBeside(program: string, args: readonly (string | number)[] = []): ChildProcess {
  return spawn(process.execPath, ["--import", "tsx", join(HERE, program), ...args.map(String)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/** The next whole line that it prints. */
export function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (chunk) => {
      text += chunk;
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
    child.on("error", reject);
    child.on("close", (code) => reject(new Error(`${child.spawnargs.join(" ")} ended with ${code}`)));
  });
}

export interface LoadOptions {
  readonly agents: number;
  readonly tools: number;
  readonly events: number;
  readonly perBatch: number;
  readonly connections: number;
  /** Left out: as fast as it goes. */
  readonly perSecond?: number;
}

/** Posts events from a process of its own; resolves when the last is answered. */
export async function load(url: string, options: LoadOptions): Promise<Loaded> {
  const { agents, tools, events, perBatch, connections, perSecond } = options;
  const rate = perSecond === undefined ? [] : [perSecond];
  const child = spawnBeside("loader.ts", [url, agents, tools, events, perBatch, connections, ...rate]);
  return JSON.parse(await firstLine(child)) as Loaded;
}

/** Memory that is the process's own (not mapped files), in bytes; Linux. */
export function anonymousBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/RssAnon:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) * 1024;
}

/** CPU seconds a process has used so far; Linux. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Process ids of those it started that run now; Linux. */
export function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

/** A value of Prometheus text; the sum over labels. */
export function metric(text: string, name: string): number {
  let sum = 0;
  for (const row of text.split("\n")) {
    if (row.startsWith(`${name} `) || row.startsWith(`${name}{`)) sum += Number(row.slice(row.lastIndexOf(" ") + 1));
  }
  return sum;
}

/** The value below which a share of the sorted values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
