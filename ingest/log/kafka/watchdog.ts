/** Notices a consumer that lives and does nothing: kafkajs 2.2.4 has waits that never end. */
export interface Watchdog {
  /** A heartbeat was answered, or the group was joined. */
  alive(): void;
  fetching(node: string): void;
  fetched(node: string): void;
  /** To be called at even intervals; what is wrong, or undefined. */
  tick(): string | undefined;
}

/** Patience in ticks, not in time: those of a process that was stopped do not count. */
export function createWatchdog(ticks: number): Watchdog {
  let silent = 0;
  const waiting = new Map<string, number>();
  return {
    alive() {
      silent = 0;
    },
    fetching: (node) => waiting.set(node, 0),
    fetched: (node) => waiting.delete(node),
    tick() {
      silent += 1;
      if (silent > ticks) return "no heartbeat of the consumer was answered";
      for (const [node, waited] of waiting) {
        if (waited >= ticks) return `a fetch from broker ${node} does not come back`;
        waiting.set(node, waited + 1);
      }
      return undefined;
    },
  };
}
