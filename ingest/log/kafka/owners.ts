/** The partitions that this process has open, and those that it still closes: one partition never has two at a time. */
import type { Owner } from "./owner.ts";
import { withinTime } from "./time-limit.ts";

export interface Owners {
  get(partition: number): Owner | undefined;
  /** Partitions that are open. */
  readonly open: readonly number[];
  /** Opens what is wanted and neither open, nor closing, nor lost. */
  openAll(partitions: Iterable<number>): void;
  /** Closes it in the background; `then` runs when its place is free. */
  close(partition: number, then: () => void): void;
  /** Taken by another process while assigned here: not opened before `findAgain`. */
  lose(partition: number, then: () => void): void;
  /** Whether anything was lost; from now on it may be opened again. */
  findAgain(): boolean;
  /** Resolves when nothing is closing. */
  closed(): Promise<void>;
}

/** A reader that does not end by then is broken, and its partition stands still: better that the group ends. */
const CLOSE_MS = 120_000;

export function createOwners(create: (partition: number) => Owner, onFailure: (error: unknown) => void): Owners {
  const open = new Map<number, Owner>();
  const closing = new Map<number, Promise<void>>();
  const lost = new Set<number>();

  function close(partition: number, then: () => void): void {
    const owner = open.get(partition);
    if (owner === undefined) return;
    open.delete(partition);
    const work = withinTime(owner.close(), CLOSE_MS, `closing partition ${partition}`)
      .catch(onFailure)
      .then(() => {
        closing.delete(partition);
        then();
      });
    closing.set(partition, work);
  }

  return {
    get: (partition) => open.get(partition),
    get open() {
      return [...open.keys()];
    },
    openAll(partitions) {
      for (const partition of partitions) {
        if (open.has(partition) || closing.has(partition) || lost.has(partition)) continue;
        const owner = create(partition);
        open.set(partition, owner);
        void owner.open();
      }
    },
    close,
    lose(partition, then) {
      if (!open.has(partition)) return;
      lost.add(partition);
      close(partition, then);
    },
    findAgain() {
      const any = lost.size > 0;
      lost.clear();
      return any;
    },
    async closed() {
      while (closing.size > 0) await Promise.all(closing.values());
    },
  };
}
