/** A shipper in this process, a real gateway, and a folder of its own. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { shipFiles } from "../../../ingest/ship/ship.ts";
import type { ShipOptions, ShipSummary } from "../../../ingest/ship/ship-options.ts";
import type { EventRecord } from "../../../schemas/journal.ts";
import { type RunningGateway, startGateway } from "../gateway/gateway-fixture.ts";

export function lineOf(n: number): string {
  return `{"timestamp":"2026-01-27T14:32:15Z","agent":"a","action":"step","details":{"n":${n}}}\n`;
}

export function linesOf(from: number, to: number): string {
  let text = "";
  for (let n = from; n < to; n += 1) text += lineOf(n);
  return text;
}

export function numberOf(event: EventRecord): number {
  return (JSON.parse(event.raw) as { details: { n: number } }).details.n;
}

/** Resolves after the time, or at once when the signal aborts. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
    if (signal.aborted) done();
  });
}

export interface Harbour {
  readonly directory: string;
  readonly file: string;
  readonly gateway: RunningGateway;
  readonly said: string[];
  /** Ships everything there is and ends. */
  once(changes?: Partial<ShipOptions>): Promise<ShipSummary>;
  /** Follows until stopped. */
  follow(changes?: Partial<ShipOptions>): { stop(): Promise<ShipSummary> };
  /** Numbers of the lines that arrived, in order of arrival, repeats included. */
  numbers(): number[];
  close(): Promise<void>;
}

export async function openHarbour(changes?: Parameters<typeof startGateway>[0]): Promise<Harbour> {
  const directory = await mkdtemp(join(tmpdir(), "watchkeeper-ship-"));
  const gateway = await startGateway(changes);
  const file = join(directory, "agent.jsonl");
  const said: string[] = [];
  const optionsOf = (own: Partial<ShipOptions>, signal: AbortSignal): ShipOptions => ({
    files: [file],
    to: gateway.url,
    checkpointFile: join(directory, "state", "ship.json"),
    signal,
    progress: { write: (text: string) => said.push(text) },
    now: Date.now,
    sleep,
    pollMs: 20,
    ...own,
  });
  return {
    directory,
    file,
    gateway,
    said,
    once: (own = {}) => shipFiles(optionsOf({ stopAtEnd: true, ...own }, new AbortController().signal)),
    follow(own = {}) {
      const stop = new AbortController();
      const done = shipFiles(optionsOf(own, stop.signal));
      done.catch(() => undefined);
      return {
        stop() {
          stop.abort();
          return done;
        },
      };
    },
    numbers: () => gateway.events().map(numberOf),
    async close() {
      await gateway.gateway.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
