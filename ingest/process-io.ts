/** The process's own signals and streams, as commands use them. */

/** Aborted by the first SIGINT or SIGTERM. */
export function untilSignal(from: Pick<NodeJS.Process, "once">): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) from.once(name, () => stop.abort());
  return stop.signal;
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    signal.addEventListener("abort", () => done(), { once: true });
  });
}

/** Writing that waits when the reader is slow. `columns`: of a terminal, as wide as it is now. */
export function patientOut(stream: NodeJS.WritableStream & Partial<Pick<NodeJS.WriteStream, "columns">>): {
  readonly columns: number | undefined;
  write(chunk: string): Promise<void>;
} {
  return {
    get columns() {
      return stream.columns;
    },
    write: (chunk) => new Promise((done, failed) => stream.write(chunk, (error) => (error ? failed(error) : done()))),
  };
}
