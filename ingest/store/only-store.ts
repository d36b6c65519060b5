/**
 * Events of one fleet belong into one ClickHouse. An embedded engine is seen by one process alone, so a store that
 * writes to its own works only while it is the only member of its group.
 */
import type { Logger } from "pino";
import { messageOf, WatchkeeperError } from "../../schemas/errors.ts";
import { GROUPS } from "../../schemas/topics.ts";
import type { Sleep } from "../retrying.ts";

export interface OnlyStoreOptions {
  /** Living members of a group. */
  readonly members: (group: string) => Promise<readonly { readonly clientId: string }[]>;
  readonly clientId: string;
  /** This process's own engine, not an outside ClickHouse. */
  readonly isEmbedded: boolean;
  readonly sleep: Sleep;
}

export interface StayOnlyStoreOptions extends OnlyStoreOptions {
  readonly logger: Pick<Logger, "warn">;
  /** Told `store_not_shared` when this process must end. */
  readonly fail: (error: unknown) => void;
}

/** Client ids of processes that store into an engine of their own end with this. */
const EMBEDDED = "-embedded-store";
/** A member that died counts as living until its session ends after nine seconds. */
const TRIES = 12;
const BETWEEN_TRIES_MS = 1_000;
/** After the start more often: then others start, too. */
const FIRST_LOOK_MS = 2_000;
const LOOK_EVERY_MS = 60_000;

/** How a store is called in its group, so that others see where it writes. */
export function storeClientId(clientId: string, isEmbedded: boolean): string {
  return isEmbedded ? `${clientId}${EMBEDDED}` : clientId;
}

/** Resolves when this store may join. Error: `store_not_shared` (exit code 2). */
export async function mustBeOnlyStore({ members, clientId, isEmbedded, sleep }: OnlyStoreOptions): Promise<void> {
  const isConflict = (other: string) => isEmbedded || other.endsWith(EMBEDDED);
  if (await staysBeside({ members, clientId, sleep }, isConflict, new AbortController().signal)) {
    throw notShared(isEmbedded);
  }
}

/**
 * Goes on looking after this store has joined: several that were started together saw nobody. Of those with engines of
 * their own the one whose client id is the least stays, unless a store in an outside ClickHouse is there: that one stays.
 */
export function stayOnlyStore(options: StayOnlyStoreOptions): { stop(): void } {
  const { members, clientId, isEmbedded, sleep, logger, fail } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const goesFirst = (other: string) => !other.endsWith(EMBEDDED) || other < clientId;

  async function run(): Promise<void> {
    for (let waitMs = FIRST_LOOK_MS; !signal.aborted; waitMs = Math.min(LOOK_EVERY_MS, 2 * waitMs)) {
      await sleep(waitMs, signal);
      try {
        if (await staysBeside({ members, clientId, sleep }, goesFirst, signal)) {
          fail(notShared(isEmbedded));
          return;
        }
      } catch (error) {
        logger.warn({ error: messageOf(error) }, "other stores cannot be looked for; trying again");
      }
    }
  }

  if (isEmbedded) void run();
  // A question that is on its way may take its time.
  return { stop: () => stopping.abort() };
}

/** Whether another member of whom this holds is there, and still is after a dead one would have been forgotten. */
async function staysBeside(
  { members, clientId, sleep }: Omit<OnlyStoreOptions, "isEmbedded">,
  isConflict: (other: string) => boolean,
  signal: AbortSignal,
): Promise<boolean> {
  let unknown: unknown;
  for (let tries = 0; tries < TRIES && !signal.aborted; tries += 1) {
    if (tries > 0) await sleep(BETWEEN_TRIES_MS, signal);
    try {
      const others = (await members(GROUPS.store)).filter((member) => member.clientId !== clientId);
      if (!others.some((other) => isConflict(other.clientId))) return false;
      unknown = undefined;
    } catch (error) {
      // The first question to a fresh broker may come before its coordinator is there.
      unknown = error;
    }
  }
  if (unknown !== undefined) throw unknown;
  return !signal.aborted;
}

function notShared(isEmbedded: boolean): WatchkeeperError {
  const message = isEmbedded
    ? "Another process runs the role store, and this one has no CLICKHOUSE_URL: its own store would hold a part of the events."
    : "A process without CLICKHOUSE_URL runs the role store already, into a store of its own.";
  return new WatchkeeperError(message, {
    code: "store_not_shared",
    hint: "Give every process with the role store the same CLICKHOUSE_URL, or run that role in one process.",
    exitCode: 2,
  });
}
