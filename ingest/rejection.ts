/** A promise that only ever rejects, and what rejects it: how a part tells that the rest cannot go on without it. */
export function createRejection(): { promise: Promise<never>; reject: (error: unknown) => void } {
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<never>((_resolve, rejectPromise) => {
    reject = rejectPromise;
  });
  // Until somebody awaits it, it must not end the process.
  promise.catch(() => undefined);
  return { promise, reject };
}
