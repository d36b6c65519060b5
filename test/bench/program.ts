/** The program under measurement, asked without starting a command for each question. */
import { join } from "node:path";
import { readConnection } from "../../ingest/data-directory/connection-file.ts";
import { type StartOptions, start, temporaryDirectory, until, type Watchkeeper } from "../e2e/watchkeeper.ts";
import { metric } from "./process.ts";

export interface Program {
  readonly up: Watchkeeper;
  /** What `/metrics` says now; the event loop's histogram begins anew with each call. */
  metrics(): Promise<string>;
  /** The first column of the first row. */
  ask(sql: string): Promise<string | undefined>;
  /** Resolves when so many events are stored and nothing waits to be judged. */
  settled(events: number): Promise<void>;
}

/** Runs `work` beside a fresh `watchkeeper up`. */
export async function withProgram<T>(
  options: Omit<StartOptions, "directory">,
  work: (program: Program) => Promise<T>,
): Promise<T> {
  const directory = await temporaryDirectory();
  const up = await start({ ...options, directory: directory.path });
  // It has a process group of its own, which a Ctrl-C here does not reach.
  const abandon = () => void up.kill().finally(() => process.exit(1));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, abandon);
  try {
    const connection = await readConnection(join(directory.path, "data"));
    if (connection?.store === undefined) throw new Error("there is no connection file that names the store");
    const { url, user, password, database } = connection.store;
    const headers = { "x-clickhouse-user": user, "x-clickhouse-key": password };
    const metrics = async () => (await fetch(`${up.url}/metrics`)).text();
    const ask = async (sql: string) => {
      const answer = await fetch(`${url}/?database=${database}&default_format=TSV`, {
        method: "POST",
        headers,
        body: sql,
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(text);
      return text === "" ? undefined : text.split(/[\t\n]/)[0];
    };
    const settled = async (events: number) => {
      await until(async () => Number(await ask("SELECT count() FROM events")) >= events);
      await until(async () => metric(await metrics(), "watchkeeper_watch_lag_records") === 0);
    };
    return await work({ up, metrics, ask, settled });
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, abandon);
    await up.stop();
    await directory.dispose();
  }
}
