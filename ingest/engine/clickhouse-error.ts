/** Errors as ClickHouse's HTTP interface shows them: a numbered text and a status. */
import { messageOf } from "../../schemas/errors.ts";

const STATUS = new Map([
  [516, 403],
  [497, 403],
  [192, 403],
  [193, 403],
  [164, 403],
  [60, 404],
  [81, 404],
  [47, 404],
  [46, 404],
  [48, 501],
  [159, 408],
  [202, 503],
  [210, 499],
]);

/** Codes of what the caller wrote, answered with 400. */
const CALLER = new Set([6, 26, 27, 33, 36, 38, 41, 43, 53, 62, 69, 72, 117, 130, 131, 321, 349, 396, 456]);

/** A failed statement: the server's code, the text that the client parses, and the HTTP status. */
export class EngineError extends Error {
  readonly code: number;
  readonly status: number;

  constructor(code: number, text: string) {
    super(text);
    this.name = "EngineError";
    this.code = code;
    this.status = STATUS.get(code) ?? (CALLER.has(code) ? 400 : 500);
  }
}

/** An error of the front end itself, with a code and name of ClickHouse. */
export function engineError(code: number, name: string, message: string): EngineError {
  return new EngineError(code, `Code: ${code}. DB::Exception: ${message} (${name})`);
}

/** Whatever was thrown, as ClickHouse would say it. */
export function toEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const text = messageOf(error).trim();
  const code = /^Code:\s*(\d+)\b/.exec(text)?.[1];
  return code === undefined ? engineError(1001, "STD_EXCEPTION", text) : new EngineError(Number(code), text);
}
