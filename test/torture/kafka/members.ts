/** The processes of a fleet by their roles, and where they are. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { ConnectionFile } from "../../e2e/watchkeeper.ts";
import { dataOf, type KeptProcess, keep } from "./process.ts";

/** What a process does, and how it is called here. */
const ROLES = { front: "gateway,intake,web", store: "store", watch: "watch" } as const;
export type Kind = keyof typeof ROLES;

export interface Member {
  readonly name: string;
  readonly kind: Kind;
  readonly process: KeptProcess;
  /** Where it listens; undefined while it does not. */
  url(): Promise<string | undefined>;
  /** Why it is not ready; undefined when it is. */
  unready(): Promise<string | undefined>;
}

export interface Members {
  /** Those that are to run. */
  of(kind?: Kind): readonly Member[];
  add(kind: Kind): Promise<Member>;
  /** Stops it in order, for good; the exit code. */
  remove(member: Member): Promise<number | null>;
  close(): Promise<void>;
}

export interface MembersOptions {
  readonly directory: string;
  /** Text of watchkeeper.yaml. */
  readonly config: string;
  readonly env: Readonly<Record<Kind, Readonly<Record<string, string>>>>;
  readonly onEnded: (name: string, words: string) => void;
}

export async function createMembers(options: MembersOptions): Promise<Members> {
  const { directory, onEnded } = options;
  const configFile = join(directory, "watchkeeper.yaml");
  await writeFile(configFile, options.config);
  const members = new Set<Member>();
  const counts = { front: 0, store: 0, watch: 0 };

  async function add(kind: Kind): Promise<Member> {
    counts[kind] += 1;
    const name = `${kind}-${counts[kind]}`;
    const home = join(directory, name);
    const env = { WATCHKEEPER_CONFIG: configFile, WATCHKEEPER_HTTP_PORT: "0", ...options.env[kind] };
    const args = ["up", "--roles", ROLES[kind]];
    const process = await keep({ name, directory: home, args, env, onEnded });
    const url = async () => {
      const text = await readFile(join(dataOf(home), "connection.json"), "utf8").catch(() => undefined);
      const file = text === undefined || text === "" ? undefined : (JSON.parse(text) as ConnectionFile);
      return file !== undefined && file.pid === process.pid ? file.url : undefined;
    };
    const member: Member = { name, kind, process, url, unready: async () => unready(await url()) };
    members.add(member);
    return member;
  }

  return {
    of: (kind) => [...members].filter((member) => kind === undefined || member.kind === kind),
    add,
    remove(member) {
      members.delete(member);
      return member.process.stop();
    },
    async close() {
      await Promise.all([...members].map((member) => member.process.stop()));
    },
  };
}

async function unready(url: string | undefined): Promise<string | undefined> {
  if (url === undefined) return "it does not listen";
  try {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) });
    const text = await answer.text();
    return answer.status === 200 ? undefined : text;
  } catch (error) {
    return String(error);
  }
}

/** Seconds until it is ready. @throws when that takes too long */
export async function ready(member: Member, withinMs: number): Promise<number> {
  const began = Date.now();
  for (let why = await member.unready(); why !== undefined; why = await member.unready()) {
    const seconds = withinMs / 1000;
    if (Date.now() - began > withinMs) throw new Error(`${member.name} is not ready after ${seconds} s: ${why}`);
    await delay(50);
  }
  return (Date.now() - began) / 1000;
}
