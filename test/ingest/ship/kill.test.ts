import { type ChildProcess, spawn } from "node:child_process";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Harbour, linesOf, numberOf, openHarbour, range } from "./ship-fixture.ts";

const SHIP = pathToFileURL(join(import.meta.dirname, "../../../dist/ingest/ship/ship.js")).href;

const PROGRAM = `
import { setTimeout as pause } from "node:timers/promises";
const { shipFiles } = await import(process.env.SHIP);
await shipFiles({
  files: [process.env.FILE],
  to: process.env.TO,
  checkpointFile: process.env.CHECKPOINT,
  signal: new AbortController().signal,
  progress: { write: (text) => process.stderr.write(text) },
  now: Date.now,
  sleep: (ms, signal) => pause(ms, undefined, { signal }).catch(() => undefined),
  pollMs: 20,
});
`;

let harbour: Harbour;
let child: ChildProcess | undefined;
beforeEach(async () => {
  harbour = await openHarbour();
});
afterEach(async () => {
  child?.kill("SIGKILL");
  await harbour.close();
});

function start(): ChildProcess {
  const { file, directory, gateway } = harbour;
  const env = { ...process.env, SHIP, FILE: file, TO: gateway.url, CHECKPOINT: join(directory, "ship.json") };
  return spawn(process.execPath, ["--input-type=module", "-e", PROGRAM], {
    env,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/** Ends the process at once, wherever it is. */
async function kill(running: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => running.once("exit", resolve));
  running.kill("SIGKILL");
  await ended;
}

describe("kill -9 of the shipper", () => {
  it("loses no line and gives none a second identity", async () => {
    const rounds = 8;
    let written = 0;
    const count = () => harbour.gateway.appends.reduce((sum, records) => sum + records.length, 0);
    for (let round = 0; round < rounds; round += 1) {
      child = start();
      // Killed after a random number of further lines have arrived, while more are being written.
      const until = count() + 1 + Math.floor(Math.random() * 6_000);
      while (count() < until) {
        // Ahead of the shipper, but not out of its sight.
        if (written < until + 4_000) await appendFile(harbour.file, linesOf(written, written + 250));
        if (written < until + 4_000) written += 250;
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      await kill(child);
    }
    child = start();
    // Each look parses every line, in the process that answers the shipper.
    await expect.poll(() => new Set(harbour.numbers()).size, { interval: 500 }).toBe(written);
    const identities = new Map<number, Set<string>>();
    for (const event of harbour.gateway.events()) {
      const n = numberOf(event);
      identities.set(n, (identities.get(n) ?? new Set()).add(event.id));
    }
    expect([...identities.keys()].sort((a, b) => a - b)).toEqual(range(0, written));
    expect([...identities.values()].filter((ids) => ids.size > 1)).toEqual([]);
    expect(new Set([...identities.values()].map((ids) => [...ids][0])).size).toBe(written);
  });
});
