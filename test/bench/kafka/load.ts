/** The loader, seen from the benchmark. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const AGENTS = 200;
export const TOOLS = 20;

export interface Produced {
  /** When the lines could first be read, Unix milliseconds. */
  readonly startedAt: number;
  readonly seconds: number;
}

export interface LoadOptions {
  readonly brokers: readonly string[];
  readonly topic: string;
  /** Number of the first line. */
  readonly first: number;
  readonly events: number;
}

const LOADER = fileURLToPath(new URL("loader.ts", import.meta.url));

function startLoader({ brokers, topic, first, events }: LoadOptions, rate: readonly number[]) {
  const args = [brokers.join(","), topic, first, events, ...rate].map(String);
  const child = spawn(process.execPath, ["--import", "tsx", LOADER, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error("the loader ended early");
    return value as string;
  };
  return { child, next };
}

/** Brings the lines to the broker, where nobody sees them; the answer shows them all at once. */
export async function prepare(options: LoadOptions): Promise<() => Promise<Produced>> {
  const { child, next } = startLoader(options, []);
  await next();
  return async () => {
    child.stdin.end();
    return JSON.parse(await next()) as Produced;
  };
}

/** Produces at a steady rate; resolves when the last is acknowledged. */
export async function produce(options: LoadOptions, perSecond: number): Promise<Produced> {
  return JSON.parse(await startLoader(options, [perSecond]).next()) as Produced;
}
