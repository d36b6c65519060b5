/**
 * Who holds the data directory, as files `lock.N`: the highest number counts. Numbers only grow, and each is created
 * by a hard link, which exactly one of several racing processes wins; so a lock whose holder died is never removed
 * under somebody else's feet, only succeeded.
 */
import { randomUUID } from "node:crypto";
import { link, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { notOurs } from "./directory.ts";
import { lifeOf, processIdentity } from "./process-identity.ts";

const lockRecord = z.object({ kind: z.enum(["up", "look"]), holder: processIdentity.nullable() });

/** `holder` null: released. */
export type LockRecord = z.infer<typeof lockRecord>;

export interface LockFile {
  readonly number: number;
  readonly record: LockRecord;
}

/** Where the holder's death cannot be seen, it is dead when it did not touch its lock for this long (ms). */
const SILENT_TOO_LONG = 20_000;

const nameOf = (directory: string, number: number): string => join(directory, `lock.${number}`);

async function numbersIn(directory: string): Promise<number[]> {
  const names = await readdir(directory);
  return names.map((name) => Number(/^lock\.(\d+)$/.exec(name)?.[1] ?? Number.NaN)).filter(Number.isSafeInteger);
}

/** The lock that counts; undefined when there never was one. */
export async function readLock(directory: string): Promise<LockFile | undefined> {
  const number = Math.max(0, ...(await numbersIn(directory)));
  if (number === 0) return undefined;
  const text = await readFile(nameOf(directory, number), "utf8").catch(() => undefined);
  // Gone since: a successor has cleaned up.
  if (text === undefined) return readLock(directory);
  return { number, record: parse(text) };
}

/** What a power cut left empty has no holder: a lock is linked only when it is written whole. */
function parse(text: string): LockRecord {
  try {
    return lockRecord.parse(JSON.parse(text));
  } catch {
    return { kind: "look", holder: null };
  }
}

/** Whether its holder still lives, as far as that can be seen. */
export async function isHeld(directory: string, { number, record }: LockFile, now: number): Promise<boolean> {
  if (record.holder === null) return false;
  const life = await lifeOf(record.holder);
  if (life !== "unknown") return life === "alive";
  const touched = await stat(nameOf(directory, number)).catch(() => undefined);
  return touched !== undefined && now - touched.mtimeMs < SILENT_TOO_LONG;
}

/** Tries to succeed the lock with this number; true for exactly one of all who try. */
export async function succeed(directory: string, former: number, record: LockRecord): Promise<boolean> {
  const number = former + 1;
  const draft = await writeDraft(directory, record);
  const linked = await link(draft, nameOf(directory, number)).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
      throw error;
    },
  );
  await rm(draft, { force: true });
  if (!linked) return false;
  const numbers = await numbersIn(directory);
  if (Math.max(...numbers) > number) {
    // Whoever came later has cleaned up ours already and is ahead: this one never counted.
    await rm(nameOf(directory, number), { force: true });
    return false;
  }
  for (const older of numbers) if (older < number) await rm(nameOf(directory, older), { force: true });
  return true;
}

/** Leaves the number behind, without a holder. */
export async function vacate(directory: string, number: number, kind: LockRecord["kind"]): Promise<void> {
  await rename(await writeDraft(directory, { kind, holder: null }), nameOf(directory, number));
}

/** A sign of life for those who cannot see our pid. */
export async function touch(directory: string, number: number, now: number): Promise<void> {
  await utimes(nameOf(directory, number), now / 1000, now / 1000);
}

async function writeDraft(directory: string, record: LockRecord): Promise<string> {
  const draft = join(directory, `draft.${process.pid}.${randomUUID()}`);
  try {
    await writeFile(draft, JSON.stringify(record), { mode: 0o600, flag: "wx" });
  } catch (error) {
    throw notOurs(directory, error);
  }
  return draft;
}
