/**
 * Events of one fleet belong into one ClickHouse. An embedded engine is seen by one process alone, so a store that
 * writes to its own works only while it is the only member of its group.
 */
import { WatchkeeperError } from "../../schemas/errors.ts";
import { GROUPS } from "../../schemas/topics.ts";

export interface OnlyStoreOptions {
  /** Living members of a group. */
  readonly members: (group: string) => Promise<readonly { readonly clientId: string }[]>;
  readonly clientId: string;
  /** This process's own engine, not an outside ClickHouse. */
  readonly isEmbedded: boolean;
  readonly sleep: (ms: number) => Promise<void>;
}

/** Client ids of processes that store into an engine of their own end with this. */
const EMBEDDED = "-embedded-store";
/** A member that died counts as living until its session ends after nine seconds. */
const TRIES = 12;
const BETWEEN_TRIES_MS = 1_000;

/** How a store is called in its group, so that others see where it writes. */
export function storeClientId(clientId: string, isEmbedded: boolean): string {
  return isEmbedded ? `${clientId}${EMBEDDED}` : clientId;
}

/** Resolves when this store may join. Error: `store_not_shared` (exit code 2). */
export async function mustBeOnlyStore({ members, clientId, isEmbedded, sleep }: OnlyStoreOptions): Promise<void> {
  let unknown: unknown;
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (tries > 0) await sleep(BETWEEN_TRIES_MS);
    try {
      const others = (await members(GROUPS.store)).filter((member) => member.clientId !== clientId);
      if (!others.some((other) => isEmbedded || other.clientId.endsWith(EMBEDDED))) return;
      unknown = undefined;
    } catch (error) {
      // The first question to a fresh broker may come before its coordinator is there.
      unknown = error;
    }
  }
  if (unknown !== undefined) throw unknown;
  const message = isEmbedded
    ? "Another process runs the role store, and this one has no CLICKHOUSE_URL: its own store would hold a part of the events."
    : "A process without CLICKHOUSE_URL runs the role store already, into a store of its own.";
  throw new WatchkeeperError(message, {
    code: "store_not_shared",
    hint: "Give every process with the role store the same CLICKHOUSE_URL, or run that role in one process.",
    exitCode: 2,
  });
}
