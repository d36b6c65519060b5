import { WatchkeeperError } from "../schemas/errors.ts";

/**
 * An error for the log of a part that handles strangers' bytes: messages of errors that are not ours may quote them, so
 * only their kind and where they came from are told.
 */
export function describeError(error: unknown): Record<string, unknown> {
  if (error instanceof WatchkeeperError) return { code: error.code, message: error.message };
  if (!(error instanceof Error)) return { name: typeof error };
  const at = error.stack
    ?.split("\n")
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 5);
  return { name: error.name, code: "code" in error ? String(error.code) : undefined, at };
}
