/** How long this process may take itself for a member: counted from when a confirmed request left, not from its answer. */
export interface Lease {
  /** A request was answered, so many milliseconds after it left. */
  answered(request: string, durationMs: number): void;
  /** The newest answered request of this name was a yes of the group. */
  confirmed(request: string): void;
  /** The membership is in doubt until a request that leaves from now on is confirmed. */
  drop(): void;
  readonly isHeld: boolean;
}

/**
 * A lease of `ms` milliseconds, less than the session timeout, which the group counts from the arrival of a request. An
 * answer may lie in the socket of a process that was stopped for minutes: read then, it says nothing about now.
 */
export function createLease(ms: number, elapsed: () => number): Lease {
  const left = new Map<string, number>();
  let since = Number.NEGATIVE_INFINITY;
  let dropped = Number.NEGATIVE_INFINITY;
  return {
    answered: (request, durationMs) => left.set(request, elapsed() - Math.max(0, durationMs)),
    confirmed(request) {
      const at = left.get(request) ?? Number.NEGATIVE_INFINITY;
      if (at >= dropped) since = Math.max(since, at);
    },
    drop() {
      since = Number.NEGATIVE_INFINITY;
      dropped = elapsed();
      left.clear();
    },
    get isHeld() {
      return elapsed() - since < ms;
    },
  };
}
