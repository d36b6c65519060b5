/** Sessions that a client names with `session_id`: they keep temporary tables between calls, for a bounded time. */
import type { Session } from "chdb";
import { engineError } from "./clickhouse-error.ts";
import type { Lease } from "./session-pool.ts";

const MAX_SESSIONS = 32;
const IDLE_MS = 60_000;

interface Named {
  readonly session: Session;
  isBusy: boolean;
  timer: NodeJS.Timeout | undefined;
}

export interface NamedSessions {
  /** @throws EngineError 373 while another call runs in it, 202 when there are too many. */
  lease(id: string): Promise<Lease>;
  close(): void;
}

export function createNamedSessions(open: () => Promise<Session>): NamedSessions {
  const sessions = new Map<string, Named>();

  function drop(id: string): void {
    const named = sessions.get(id);
    clearTimeout(named?.timer);
    named?.session.close();
    sessions.delete(id);
  }

  async function lease(id: string): Promise<Lease> {
    if (sessions.get(id)?.isBusy) throw engineError(373, "SESSION_IS_LOCKED", `Session ${id} is locked.`);
    if (!sessions.has(id)) {
      if (sessions.size >= MAX_SESSIONS) throw engineError(202, "TOO_MANY_SIMULTANEOUS_QUERIES", "Too many sessions.");
      sessions.set(id, { session: await open(), isBusy: false, timer: undefined });
    }
    const named = sessions.get(id) as Named;
    named.isBusy = true;
    clearTimeout(named.timer);
    const release = (succeeded: boolean) => {
      named.isBusy = false;
      if (!succeeded) drop(id);
      else named.timer = setTimeout(() => drop(id), IDLE_MS).unref();
    };
    return { session: named.session, release };
  }

  function close(): void {
    for (const id of [...sessions.keys()]) drop(id);
  }

  return { lease, close };
}
