/** A member of a group on the embedded log: it owns every partition of its topic, one loop each. */
import type { Assignment, GroupMember, LogRecord, OpenPartition, PartitionReader } from "./event-log.ts";
import { withResolvers } from "./resolvers.ts";

/** A partition that this member may take. */
export interface Ownable {
  /** Records from an offset on; empty when all is read. */
  readFrom(offset: number): (maxBytes: number) => readonly LogRecord[];
  /** Resolves when there is more, or after `announce`. */
  changed(): Promise<void>;
  announce(): void;
  /** Starts an ownership: what may be done with it, and how it ends (after what it still commits). */
  take(): { readonly assignment: Assignment; giveUp(): Promise<void> };
}

export interface MemberOptions {
  /** What must be done before the partitions are taken: the former owner gives them up, the group is made known. */
  readonly prepare: () => Promise<void>;
  readonly partitions: readonly Ownable[];
  readonly open: OpenPartition;
  readonly maxBatchBytes: number;
}

export interface EmbeddedMember extends GroupMember {
  /** Resolves when every partition is given up, for whatever reason. */
  readonly released: Promise<void>;
  /** Gives up every partition (close is called, nothing more is read) and stays a member without any. Never rejects. */
  release(): Promise<void>;
}

export function startMember({ prepare, partitions, open, maxBatchBytes }: MemberOptions): EmbeddedMember {
  let halted = false;
  const { promise: done, resolve, reject } = withResolvers();
  // A stopped program awaits `stop` alone; that must not end it by an unhandled rejection.
  done.catch(() => undefined);

  function halt(): void {
    halted = true;
    for (const partition of partitions) partition.announce();
  }

  function fail(error: unknown): void {
    reject(error);
    halt();
  }

  async function own(partition: Ownable): Promise<void> {
    if (halted) return;
    const { assignment, giveUp } = partition.take();
    let reader: PartitionReader | undefined;
    try {
      reader = await open(assignment);
      const read = partition.readFrom(reader.startAt);
      while (!halted) {
        const records = read(maxBatchBytes);
        if (records.length === 0) {
          await partition.changed();
          continue;
        }
        await reader.handle(records);
        // Whoever catches up on a long log leaves the loop to others between batches.
        await new Promise((next) => setImmediate(next));
      }
    } catch (error) {
      fail(error);
    }
    await reader?.close().catch(fail);
    await giveUp();
  }

  const released = prepare()
    .then(() => Promise.all(partitions.map(own)))
    .then(() => undefined, fail);

  async function release(): Promise<void> {
    halt();
    await released;
  }

  return {
    done,
    released,
    release,
    async stop() {
      await release();
      resolve();
    },
  };
}
