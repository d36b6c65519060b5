/** `manifest.json`: what is in a backup. It is written last, so a folder without it is a backup that was cut short. */
import { createHash } from "node:crypto";
import { open, readFile, rename } from "node:fs/promises";
import { isAbsolute, join, normalize } from "node:path";
import { z } from "zod";
import { WatchkeeperError } from "../../schemas/errors.ts";
import { fingerprint, syncFolder } from "./files.ts";

/** Grows when an older program could not restore what this one writes. */
const FORMAT = 1;
const NAME = "manifest.json";

const path = z.string().refine((text) => !isAbsolute(text) && normalize(text) === text && !text.startsWith(".."));

const manifest = z.object({
  format: z.number(),
  /** Version of the program that wrote it. */
  program: z.string(),
  /** ISO 8601: when its moment was fixed. */
  at: z.string(),
  /** Whether the event log is inside; else it is in Kafka. */
  log: z.boolean(),
  /** Whether the store is inside, by which engine and with which newest migration; else it is an outside ClickHouse. */
  store: z.object({ engine: z.string(), migration: z.number() }).nullable(),
  /** How far the store had come in the log: offset of the next record of each partition. */
  positions: z.array(z.object({ topic: z.string(), partition: z.number(), offset: z.number() })),
  files: z.array(z.object({ path, size: z.number(), sha256: z.string() })),
});

export type Manifest = z.infer<typeof manifest>;

const signed = z.object({ format: z.number(), checksum: z.string() });

const digest = (content: object): string => createHash("sha256").update(JSON.stringify(content)).digest("hex");

/** Writes it, whole or not at all, with a checksum of its own. */
export async function writeManifest(directory: string, content: Omit<Manifest, "format">): Promise<Manifest> {
  const whole: Manifest = manifest.parse({ ...content, format: FORMAT });
  const draft = join(directory, `${NAME}.draft`);
  const handle = await open(draft, "w", 0o600);
  try {
    await handle.writeFile(`${JSON.stringify({ ...whole, checksum: digest(whole) }, null, 1)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, join(directory, NAME));
  await syncFolder(directory);
  return whole;
}

function damaged(directory: string, what: string): WatchkeeperError {
  return new WatchkeeperError(`The backup in ${directory} is damaged: ${what}.`, {
    code: "backup_damaged",
    hint: "Nothing was restored; use another backup.",
  });
}

/** Errors: `no_backup` (exit code 2), `backup_newer`, `backup_damaged`. */
export async function readManifest(directory: string): Promise<Manifest> {
  const text = await readFile(join(directory, NAME), "utf8").catch(() => undefined);
  if (text === undefined) {
    throw new WatchkeeperError(`${directory} holds no whole backup: there is no ${NAME}, which is written last.`, {
      code: "no_backup",
      hint: "Name the folder that `watchkeeper backup` wrote; one that was cut short cannot be restored.",
      exitCode: 2,
    });
  }
  const parsed = parse(text);
  const head = signed.safeParse(parsed).data;
  if (head !== undefined && head.format > FORMAT) {
    throw new WatchkeeperError(`The backup has format ${head.format}; this program knows formats up to ${FORMAT}.`, {
      code: "backup_newer",
      hint: "Restore it with the version of Watchkeeper that made it, or a later one.",
    });
  }
  const whole = manifest.safeParse(parsed).data;
  if (head === undefined || whole === undefined || digest(whole) !== head.checksum) {
    throw damaged(directory, `${NAME} is not as it was written`);
  }
  return whole;
}

/** Compares every file with the manifest. Error: `backup_damaged`, naming the first few files that differ. */
export async function verifyFiles(directory: string, { files }: Manifest, signal: AbortSignal): Promise<void> {
  const wrong: string[] = [];
  for (const { path, size, sha256 } of files) {
    signal.throwIfAborted();
    const found = await fingerprint(directory, path, false).catch(() => undefined);
    if (found === undefined) wrong.push(`${path} is missing`);
    else if (found.size !== size || found.sha256 !== sha256) wrong.push(`${path} was changed`);
  }
  if (wrong.length === 0) return;
  const more = wrong.length > 3 ? `, and ${wrong.length - 3} files more` : "";
  throw damaged(directory, `${wrong.slice(0, 3).join(", ")}${more}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
