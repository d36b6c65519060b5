/**
 * Resolves when the work has settled, or when the signal aborts: what is left then ends by itself, or with the process.
 * Leaves no listener behind.
 */
export function settledBy(work: Promise<unknown>, late: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      late?.removeEventListener("abort", end);
      resolve();
    };
    work.then(end, end);
    if (late?.aborted) end();
    else late?.addEventListener("abort", end);
  });
}
