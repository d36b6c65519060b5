/**
 * Sessions of the engine. A session runs one call at a time and keeps what a call leaves behind: settings,
 * parameters, and the partial output of a failed query, which the engine would prepend to the next result. So only
 * a session that ran a plain call to its end is used again; opening another takes a millisecond.
 */
import type { Session } from "chdb";

/** Writers and readers wait in lanes of their own, so that a heavy question never holds up an insert. */
type Lane = "writer" | "reader";

export interface Lease {
  readonly session: Session;
  /** `reusable`: nothing of the call is left in the session. */
  release(reusable: boolean): void;
}

export interface SessionPool {
  /** Waits for a free place in the lane. */
  lease(lane: Lane): Promise<Lease>;
  /** A session outside the lanes, for KILL; opened at start so that it is there when everything is busy. */
  readonly control: Session;
  close(): void;
}

/** Together with `control` below the 16 threads of the pool that runs the calls. */
const PLACES: Readonly<Record<Lane, number>> = { writer: 6, reader: 6 };
const IDLE_SESSIONS = 4;

/** `open` makes a session that stands in the right database. */
export async function createSessionPool(open: () => Promise<Session>): Promise<SessionPool> {
  const idle: Session[] = [];
  const used = { writer: 0, reader: 0 };
  const waiting: Record<Lane, (() => void)[]> = { writer: [], reader: [] };
  const control = await open();

  function leave(lane: Lane): void {
    const next = waiting[lane].shift();
    if (next === undefined) used[lane]--;
    else next();
  }

  async function lease(lane: Lane): Promise<Lease> {
    if (used[lane] < PLACES[lane]) used[lane]++;
    else await new Promise<void>((resolve) => waiting[lane].push(resolve));
    try {
      const session = idle.pop() ?? (await open());
      let isHeld = true;
      const release = (reusable: boolean) => {
        if (!isHeld) return;
        isHeld = false;
        if (reusable && idle.length < IDLE_SESSIONS) idle.push(session);
        else session.close();
        leave(lane);
      };
      return { session, release };
    } catch (error) {
      leave(lane);
      throw error;
    }
  }

  function close(): void {
    for (const session of idle.splice(0)) session.close();
    control.close();
  }

  return { lease, control, close };
}
