/** Other processes, seen from outside. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));

export interface Loaded {
  readonly accepted: number;
  readonly refusals: number;
  readonly seconds: number;
}

/** Runs a TypeScript program beside this file and resolves with what it printed. */
export function runBeside(program: string, args: readonly (string | number)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--import", "tsx", join(HERE, program), ...args.map(String)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(text) : reject(new Error(`${program} ended with ${code}`))));
  });
}

export async function load(...args: readonly (string | number)[]): Promise<Loaded> {
  return JSON.parse(await runBeside("loader.ts", args)) as Loaded;
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
