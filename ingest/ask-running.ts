/** Asks the `up` that runs on a data directory, over its own HTTP interface. */
import { request } from "undici";
import { z } from "zod";
import { type ExitCode, messageOf, WatchkeeperError } from "../schemas/errors.ts";
import { readConnection } from "./data-directory/connection-file.ts";

const refused = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** What is wrong with how the command was called. */
const USED_WRONGLY = new Set(["backup_directory_not_empty", "incident_not_found", "invalid_request"]);

export interface RunningUp {
  readonly url: string;
  readonly token: string;
}

export interface Question {
  /** Such as `/v1/backup`. */
  readonly path: string;
  /** Sent as JSON with POST; left out: GET. */
  readonly body?: object;
  readonly signal: AbortSignal;
  /** Code of the error when it breaks off, or answers with none. */
  readonly failed: string;
  /** What to do then. */
  readonly hint: string;
}

/** The JSON that it answers, however long that takes. Errors carry the code that `up` answered with, or `failed`. */
export async function askRunning(up: RunningUp, { path, body, signal, failed, hint }: Question): Promise<unknown> {
  const answer = await request(`${up.url}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${up.token}`, ...(body && { "content-type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
    headersTimeout: 0,
    bodyTimeout: 0,
    signal,
  }).catch((cause: unknown) => {
    const message = `The running \`up\` at ${up.url} broke off: ${messageOf(cause)}`;
    throw new WatchkeeperError(message, { code: failed, hint, cause });
  });
  const told = parse(await answer.body.text());
  if (answer.statusCode === 200) return told;
  const error = refused.safeParse(told).data?.error;
  const code = error?.code ?? failed;
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

/** Error `up_is_not_running`. @param why What it is needed for, after a comma. */
export async function mustRun(dataDir: string, why: string): Promise<RunningUp> {
  const running = await readConnection(dataDir);
  if (running !== undefined) return running;
  throw new WatchkeeperError(`No \`up\` runs on the data directory, ${why}.`, {
    code: "up_is_not_running",
    hint: "Start `watchkeeper up`, or name its directory in WATCHKEEPER_DATA_DIR.",
  });
}

/** Questions of a command to the `up` of its data directory: GET, or POST with a body. Error `up_is_not_running`. */
export async function askRunningAbout(
  what: string,
  dataDir: string,
  signal: AbortSignal,
): Promise<(path: string, body?: object) => Promise<unknown>> {
  const up = await mustRun(dataDir, `which alone knows its ${what}`);
  const hint = "Look at its log.";
  return (path, body) => askRunning(up, { path, ...(body && { body }), signal, failed: `${what}_failed`, hint });
}
