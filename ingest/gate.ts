/** A door that can be held shut for a moment: who is inside finishes, who comes waits. */

export interface Gate {
  /** Resolves when the gate is open, or the signal aborts; counts as inside until the returned function is called. */
  enter(signal?: AbortSignal): Promise<() => void>;
  /** As `enter`, but goes ahead of a hold that still waits for those inside: for what must be finished before it. */
  join(signal?: AbortSignal): Promise<() => void>;
  /** Does the work inside. */
  pass<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /**
   * Shuts the gate and resolves when nobody is inside; call what it returns to open it again. Rejects with the
   * signal's reason, the gate open again, when that aborts first.
   */
  hold(signal: AbortSignal): Promise<() => void>;
}

/** Open. */
export function createGate(): Gate {
  let inside = 0;
  let holds = 0;
  const waiting = new Set<() => void>();

  /** Resolves when the condition holds or the signal aborts. */
  function when(holdsNow: () => boolean, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!holdsNow() && signal?.aborted !== true) return;
        waiting.delete(look);
        signal?.removeEventListener("abort", look);
        resolve();
      };
      waiting.add(look);
      signal?.addEventListener("abort", look);
      look();
    });
  }

  function changed(): void {
    for (const look of [...waiting]) look();
  }

  /** What it returns does its work once, however often it is called. */
  function once(work: () => void): () => void {
    let isDone = false;
    return () => {
      if (isDone) return;
      isDone = true;
      work();
      changed();
    };
  }

  const isOpen = () => holds === 0;

  const isNotHeld = () => isOpen() || inside > 0;

  async function enterWhen(mayEnter: () => boolean, signal: AbortSignal | undefined): Promise<() => void> {
    // Between the look that found it open and this turn it may have been shut.
    while (!mayEnter() && signal?.aborted !== true) await when(mayEnter, signal);
    inside += 1;
    return once(() => {
      inside -= 1;
    });
  }

  return {
    enter: (signal) => enterWhen(isOpen, signal),
    join: (signal) => enterWhen(isNotHeld, signal),
    async pass(work, signal) {
      const leave = await enterWhen(isOpen, signal);
      try {
        return await work();
      } finally {
        leave();
      }
    },
    async hold(signal) {
      holds += 1;
      const open = once(() => {
        holds -= 1;
      });
      await when(() => inside === 0, signal);
      if (inside === 0) return open;
      open();
      throw signal.reason;
    },
  };
}
