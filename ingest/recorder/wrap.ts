/** Records every call of a function as an action, and changes nothing about the call. */
import type { EventFields } from "./types.ts";

/** Tells how a call ended. Never throws. */
export type RecordCall = (fields: EventFields) => void;

/**
 * A function that behaves as `fn` does: same `this`, arguments, result and error; a promise is
 * recorded when it settles. A promise of a library's own kind is handed back as the same object.
 */
export function wrapFunction<This, Args extends unknown[], Result>(
  fn: (this: This, ...args: Args) => Result,
  now: () => number,
  record: RecordCall,
): (this: This, ...args: Args) => Result {
  function recorded(this: This, ...args: Args): Result {
    const startedAt = now();
    const finish = (outcome: EventFields) => record({ ...outcome, duration_ms: Math.max(0, now() - startedAt) });
    let result: Result;
    try {
      result = fn.apply(this, args);
    } catch (error) {
      finish({ success: false, error: textOf(error) });
      throw error;
    }
    if (!(result instanceof Promise)) {
      finish({ success: true });
      return result;
    }
    const settled = result.then(
      (value: unknown) => {
        finish({ success: true });
        return value;
      },
      (error: unknown) => {
        finish({ success: false, error: textOf(error) });
        throw error;
      },
    );
    // The plain promise's successor, so that a rejection nobody handles is still seen as one by the process.
    if (result.constructor === Promise) return settled as Result;
    settled.catch(() => undefined);
    return result;
  }
  return Object.defineProperties(recorded, {
    name: { value: fn.name, configurable: true },
    length: { value: fn.length, configurable: true },
  });
}

function textOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message || error.name : String(error);
  } catch {
    return "[unreadable]";
  }
}
