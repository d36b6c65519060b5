/** Why the engine did not start, in a sentence that says what to do. */
import { WatchkeeperError } from "../../schemas/errors.ts";

/** The engine's own words for error 76 when another process holds the directory. */
const LOCKED = /Cannot lock file|Another server instance/;

const OUTSIDE = "or set CLICKHOUSE_URL to use a ClickHouse server instead";

interface Explanation {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** The error of a start on this directory; `text` is what the child and the engine said. */
export function startFailure(text: string, directory: string): WatchkeeperError {
  const { message, ...details } = explain(text, directory);
  return new WatchkeeperError(message, details);
}

function explain(text: string, directory: string): Explanation {
  const short = text.trim().slice(0, 600);
  if (LOCKED.test(text)) {
    return {
      code: "engine_locked",
      message: `Another process holds the store in ${directory}.`,
      hint: "Stop the other Watchkeeper on this data directory, or choose another WATCHKEEPER_DATA_DIR.",
    };
  }
  if (/No space left|NOT_ENOUGH_SPACE|ENOSPC/.test(text)) {
    return {
      code: "engine_disk_full",
      message: `The disk of ${directory} is full.`,
      hint: `Free some space, shorten the retention, ${OUTSIDE}.`,
    };
  }
  if (/EACCES|EPERM|EROFS|Permission denied|Read-only file system/.test(text)) {
    return {
      code: "engine_not_writable",
      message: `The store cannot write to ${directory}: ${short}`,
      hint: "Make the data directory writable for this user, or choose another WATCHKEEPER_DATA_DIR.",
    };
  }
  if (/CHDB_PLATFORM|no native binding|failed to load native binding|Cannot find package/.test(text)) {
    return {
      code: "engine_unavailable",
      message: `The embedded store cannot be loaded here: ${short}`,
      hint: `Install again on a supported machine, ${OUTSIDE}.`,
    };
  }
  return {
    code: "engine_failed",
    message: `The store in ${directory} does not open: ${short}`,
    hint: `Restore the directory from a backup, move it away to begin anew, ${OUTSIDE}.`,
  };
}
