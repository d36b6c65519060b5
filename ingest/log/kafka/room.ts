/**
 * What all partitions of a member may hold unread together. Each stops fetching when it holds enough, but what one fetch
 * brings may be far more than that when it is unpacked, and that for every partition.
 */
export interface RoomOptions {
  readonly limitBytes: number;
  /** What waits now, of all partitions. */
  readonly held: () => number;
  /** Fetches go on for a partition that was turned away. */
  readonly letIn: (partition: number) => void;
}

export interface Room {
  /** Whether records of the partition may be put in; one that is turned away is let in when half of the room is free. */
  admit(partition: number): boolean;
  /** Something was handed over, or is held no more. */
  freed(): void;
}

export function createRoom({ limitBytes, held, letIn }: RoomOptions): Room {
  const waiting = new Set<number>();
  return {
    admit(partition) {
      if (held() <= limitBytes) return true;
      waiting.add(partition);
      return false;
    },
    freed() {
      if (waiting.size === 0 || held() > limitBytes / 2) return;
      const partitions = [...waiting];
      waiting.clear();
      partitions.forEach(letIn);
    },
  };
}
