/**
 * Which event log a data directory was filled from. The rows of its store are known again by their place in that log:
 * with another one, new rows would be taken for repeats of old ones and never stored.
 */
import { access, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { WatchkeeperError } from "../../schemas/errors.ts";

export type LogKind = "embedded" | "kafka";

const FILE = "event-log";

const WORDS: Readonly<Record<LogKind, { readonly what: string; readonly hint: string }>> = {
  embedded: { what: "an event log of its own", hint: "Unset KAFKA_BROKERS" },
  kafka: { what: "Kafka as its event log", hint: "Set KAFKA_BROKERS" },
};

/**
 * To be called before the log is opened; what it resolves with notes the kind in the directory, once it was.
 * @throws WatchkeeperError `other_log` when the directory was used with the other kind.
 */
export async function keepToLog(directory: string, kind: LogKind): Promise<() => Promise<void>> {
  const known = await knownKind(directory);
  if (known === undefined) return () => writeFile(join(directory, FILE), `${kind}\n`, { mode: 0o600 });
  if (known === kind) return async () => undefined;
  const { what, hint } = WORDS[known];
  throw new WatchkeeperError(`The data directory ${directory} was used with ${what}.`, {
    code: "other_log",
    hint: `${hint}, or name another directory in WATCHKEEPER_DATA_DIR: places in one log mean nothing in the other.`,
    exitCode: 2,
  });
}

async function knownKind(directory: string): Promise<LogKind | undefined> {
  const noted = (await readFile(join(directory, FILE), "utf8").catch(ifMissing))?.trim();
  if (noted === "embedded" || noted === "kafka") return noted;
  // Nothing was noted: a former version, or a stop at the wrong moment.
  const has = (...path: string[]) => access(join(directory, ...path)).then(() => true, ifMissing);
  if (await has("log", "data.mdb")) return "embedded";
  return (await has("store")) ? "kafka" : undefined;
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT") return undefined;
  throw error;
}
