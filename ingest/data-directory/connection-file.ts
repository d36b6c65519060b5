/**
 * `connection.json` in the data directory: where the running `up` is, and the token and password to ask it with. Commands
 * need nothing else, so the file holds the password of an outside ClickHouse, too; it is gone when the process has stopped.
 */
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { prepareDataDirectory } from "./directory.ts";
import { identifySelf, lifeOf, processIdentity } from "./process-identity.ts";

const connection = z.object({
  pid: z.int().positive(),
  /** The gateway, such as `http://127.0.0.1:4713`. */
  url: z.string(),
  /** Bearer token of local commands. */
  token: z.string(),
  /**
   * Who looks at the store: the embedded engine's reading user, or the one of CLICKHOUSE_USER, whose questions the commands
   * check and limit. Absent where the process knows of no store.
   */
  store: z.object({ url: z.string(), user: z.string(), password: z.string(), database: z.string() }).optional(),
});

export type Connection = z.infer<typeof connection>;

/** As it is stored: with what tells this process from a later one of the same pid. */
const stored = connection.extend(processIdentity.omit({ pid: true }).shape);

const fileIn = (directory: string): string => join(directory, "connection.json");

/** Writes the file of this process, readable by its user alone (0600), whole or not at all. */
export async function writeConnection(directory: string, given: Omit<Connection, "pid">): Promise<void> {
  await prepareDataDirectory(directory);
  const content: z.infer<typeof stored> = { ...given, ...(await identifySelf()) };
  const draft = `${fileIn(directory)}.${process.pid}`;
  await rm(draft, { force: true });
  await writeFile(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flag: "wx" });
  await rename(draft, fileIn(directory));
}

/** The connection of the `up` that runs; undefined when there is none, or only the file of one that died. */
export async function readConnection(directory: string): Promise<Connection | undefined> {
  const text = await readFile(fileIn(directory), "utf8").catch(() => undefined);
  const content = text === undefined ? undefined : stored.safeParse(parse(text)).data;
  if (content === undefined || (await lifeOf(content)) === "dead") return undefined;
  return connection.parse(content);
}

const POLL_MS = 100;

/** As `readConnection`, and waits for an `up` that is still starting: it says only at its end where it is. */
export async function awaitConnection(directory: string, withinMs: number): Promise<Connection | undefined> {
  for (let waited = 0; ; waited += POLL_MS) {
    const connection = await readConnection(directory);
    if (connection !== undefined || waited >= withinMs) return connection;
    await delay(POLL_MS);
  }
}

/** Removes the file if it is this process's own. */
export async function removeConnection(directory: string): Promise<void> {
  const current = await readConnection(directory);
  if (current === undefined || current.pid === process.pid) await rm(fileIn(directory), { force: true });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
