/** Runs one request in a session and hands out its result. */
import { randomUUID } from "node:crypto";
import type { Session } from "chdb";
import { readOnlySql } from "../clickhouse/read-only-query.ts";
import { engineError } from "./clickhouse-error.ts";
import type { NamedSessions } from "./named-sessions.ts";
import { type RequestSettings, setStatement, sqlString } from "./request-settings.ts";
import type { Lease, SessionPool } from "./session-pool.ts";
import { type InsertHead, isLineFormat, readInsertHead, readStatement, type Statement } from "./statement.ts";

export interface EngineRequest {
  readonly role: "writer" | "reader";
  readonly database: string;
  /** The statement of the URL, or the body when the URL has none. */
  readonly sql: string;
  /** Data of an INSERT whose statement is in the URL. */
  readonly data: Buffer | undefined;
  readonly defaultFormat: string;
  readonly request: RequestSettings;
  readonly sessionId: string | undefined;
  /** Aborted when the caller is gone. */
  readonly signal: AbortSignal;
}

export interface EngineResult {
  readonly format: string;
  readonly pieces: AsyncIterable<Uint8Array>;
  readonly rowsWritten: number;
  readonly bytesWritten: number;
}

/** How often a KILL is repeated until the call has ended: the first can come before the engine knows the query. */
const KILL_EVERY_MS = 200;

/**
 * Resolves when the first piece of the result is there, so that an early error is an error and not half an answer.
 * The session is given back when the pieces are read to the end, or abandoned.
 */
export async function execute(pool: SessionPool, named: NamedSessions, call: EngineRequest): Promise<EngineResult> {
  const insert = call.data === undefined || call.role === "reader" ? undefined : readInsertHead(call.sql);
  const statement = insert === undefined ? readStatement(fullText(call)) : undefined;
  const sql = statement === undefined ? "" : questionOf(statement, call);
  const lease = call.sessionId === undefined ? await pool.lease(call.role) : await named.lease(call.sessionId);
  try {
    call.signal.throwIfAborted();
    if (insert !== undefined) return await runInsert(lease, insert, call);
    return await runStatement(pool, lease, statement as Statement, sql, call);
  } catch (error) {
    lease.release(false);
    throw error;
  }
}

function fullText({ sql, data }: EngineRequest): string {
  return data === undefined || data.length === 0 ? sql : `${sql}\n${data.toString("utf8")}`;
}

function questionOf(statement: Statement, call: EngineRequest): string {
  if (call.role === "writer") return statement.sql;
  try {
    return readOnlySql(statement.sql, { database: call.database });
  } catch (error) {
    throw engineError(497, "ACCESS_DENIED", error instanceof Error ? error.message : String(error));
  }
}

async function runInsert(lease: Lease, head: InsertHead, call: EngineRequest): Promise<EngineResult> {
  const { session, release } = lease;
  const written = await session.insert({
    table: head.table,
    format: head.format,
    values: call.data as Buffer,
    settings: Object.fromEntries(call.request.settings),
    ...(head.columns && { columns: head.columns }),
  });
  release(true);
  return { format: head.format, pieces: none(), rowsWritten: written.rowsWritten, bytesWritten: written.bytesWritten };
}

async function* none(): AsyncGenerator<Uint8Array> {}

async function runStatement(
  pool: SessionPool,
  lease: Lease,
  statement: Statement,
  sql: string,
  call: EngineRequest,
): Promise<EngineResult> {
  const { session, release } = lease;
  const set = setStatement(call.request);
  if (set !== undefined) await session.queryAsync(set);
  const tag = `/* wk-${randomUUID()} */`;
  const stopKilling = killOnAbort(pool, tag, call.signal);
  const format = statement.format ?? call.defaultFormat;
  const isReusable = call.sessionId !== undefined || (set === undefined && !statement.marksSession);
  try {
    const pieces = resultPieces(session, `${tag} ${sql}`, format, statement.isQuestion)[Symbol.asyncIterator]();
    const first = await pieces.next();
    const finish = (succeeded: boolean) => {
      stopKilling();
      release(succeeded && isReusable);
    };
    return { format, pieces: rest(first, pieces, finish), rowsWritten: 0, bytesWritten: 0 };
  } catch (error) {
    stopKilling();
    throw error;
  }
}

async function* resultPieces(session: Session, sql: string, format: string, isQuestion: boolean) {
  if (isQuestion && isLineFormat(format)) {
    for await (const piece of session.queryStream(sql, { format })) yield piece.raw();
    return;
  }
  yield (await session.queryAsync(sql, { format })).bytes();
}

async function* rest(
  first: IteratorResult<Uint8Array>,
  pieces: AsyncIterator<Uint8Array>,
  finish: (succeeded: boolean) => void,
): AsyncGenerator<Uint8Array> {
  let succeeded = false;
  try {
    for (let piece = first; !piece.done; piece = await pieces.next()) yield piece.value;
    succeeded = true;
  } finally {
    if (!succeeded) await pieces.return?.();
    finish(succeeded);
  }
}

/** The engine has no way to give up a call, so its query is killed from another session; never SYNC, which hangs. */
function killOnAbort(pool: SessionPool, tag: string, signal: AbortSignal): () => void {
  const pattern = `${tag}%`;
  const kill = () => {
    pool.control.queryAsync(`KILL QUERY WHERE query LIKE ${sqlString(pattern)} ASYNC`).catch(() => {
      // The query has ended meanwhile; the next round finds out.
    });
  };
  let timer: NodeJS.Timeout | undefined;
  const start = () => {
    kill();
    timer = setInterval(kill, KILL_EVERY_MS);
  };
  if (signal.aborted) start();
  else signal.addEventListener("abort", start, { once: true });
  return () => {
    signal.removeEventListener("abort", start);
    clearInterval(timer);
  };
}
