/** Asks the running `up` to write a backup: it alone can hold its store and its log. */
import { request } from "undici";
import { z } from "zod";
import { type ExitCode, messageOf, WatchkeeperError } from "../../schemas/errors.ts";
import type { BackupReport } from "./backup.ts";

const refused = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** What is wrong with how the command was called. */
const USED_WRONGLY = new Set(["backup_directory_not_empty", "invalid_request"]);

export interface RunningUp {
  readonly url: string;
  readonly token: string;
}

/** `directory` is absolute, as the running `up` sees it. Errors carry the code that `up` answered with. */
export async function askForBackup(up: RunningUp, directory: string, signal: AbortSignal): Promise<BackupReport> {
  const answer = await request(`${up.url}/v1/backup`, {
    method: "POST",
    headers: { authorization: `Bearer ${up.token}`, "content-type": "application/json" },
    body: JSON.stringify({ directory }),
    // The answer comes when the backup is written.
    headersTimeout: 0,
    bodyTimeout: 0,
    signal,
  }).catch((cause: unknown) => {
    throw new WatchkeeperError(`The running \`up\` at ${up.url} broke off: ${messageOf(cause)}`, {
      code: "backup_failed",
      hint: "Look at its log; a folder without manifest.json is no backup.",
      cause,
    });
  });
  const text = await answer.body.text();
  if (answer.statusCode === 200) return JSON.parse(text) as BackupReport;
  const error = refused.safeParse(parse(text)).data?.error;
  const code = error?.code ?? "backup_failed";
  const exitCode: ExitCode = USED_WRONGLY.has(code) ? 2 : 1;
  throw new WatchkeeperError(error?.message ?? `The running \`up\` answered ${answer.statusCode}.`, { code, exitCode });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
