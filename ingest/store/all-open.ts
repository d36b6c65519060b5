/**
 * Keeps a gate from being held while a partition is not open here: until each was asked for what a former process left,
 * nobody may take what is stored for whole. A partition that is lost shuts out holds until it is back.
 */
import type { Gate } from "../gate.ts";
import type { Assignment, PartitionReader } from "../log/event-log.ts";

type Where = Pick<Assignment, "topic" | "partition">;

export interface AllOpen {
  /** Counts a partition as open from when `open` resolves until its reader is closed. */
  open(where: Where, open: () => Promise<PartitionReader>): Promise<PartitionReader>;
}

/** `count`: all partitions that there are. `giveUp` ends all waiting. */
export function createAllOpen(gate: Pick<Gate, "join">, count: number, giveUp: AbortSignal): AllOpen {
  const open = new Set<string>();
  let inside: Promise<() => void> | undefined = gate.join(giveUp);

  function leave(): void {
    void inside?.then((out) => out());
    inside = undefined;
  }

  return {
    async open({ topic, partition }, work) {
      const name = `${topic}/${partition}`;
      const reader = await work();
      open.add(name);
      if (open.size === count) leave();
      return {
        ...reader,
        async close() {
          open.delete(name);
          inside ??= gate.join(giveUp);
          await reader.close();
        },
      };
    },
  };
}
