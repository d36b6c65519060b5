/** Resolves when the work has settled, or when the signal aborts: what is left then ends by itself, or with the process. */
export async function settledBy(work: Promise<unknown>, late: AbortSignal | undefined): Promise<void> {
  const settled = work.then(
    () => undefined,
    () => undefined,
  );
  if (late === undefined) return settled;
  if (late.aborted) return;
  const isLate = new Promise<void>((resolve) => {
    late.addEventListener("abort", () => resolve(), { once: true });
  });
  await Promise.race([settled, isLate]);
}
