import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, describe, expect, it } from "vitest";
import { openEmbeddedLog } from "../../../ingest/log/embedded-log.ts";
import { TOPICS } from "../../../schemas/topics.ts";
import { readAll } from "../../contract/event-log-contract.ts";

/** Appends batches to journal and dead letters for ever, and prints the number of each when it is acknowledged. */
const APPENDING = `
  const [directory, first] = [process.argv[1], Number(process.argv[2])];
  const { openEmbeddedLog } = await import(${JSON.stringify(new URL("../../../dist/ingest/log/embedded-log.js", import.meta.url).href)});
  const log = await openEmbeddedLog({ directory, limitBytes: 2 ** 40, now: Date.now });
  async function appendOn(batch) {
    const of = 1 + (batch * 37) % 150;
    const records = Array.from({ length: of }, (_, i) => ({
      topic: i % 10 === 9 ? "agent-events-dead" : "agent-journal",
      key: "agent" + (i % 13),
      value: JSON.stringify({ batch, of, pad: "x".repeat(batch % 7 === 0 ? 5000 : 100) }),
    }));
    await log.append(records);
    process.stdout.write(batch + "\\n");
    await appendOn(batch + 3);
  }
  await Promise.all([appendOn(first), appendOn(first + 1), appendOn(first + 2)]);
`;

const ROUNDS = 20;
const directory = await mkdtemp(join(tmpdir(), "embedded-log-kill-"));
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Lets a real process append, kills it at some moment after its n-th acknowledgement, returns what it acknowledged. */
async function appendAndKill(first: number, afterAcks: number, thenMs: number): Promise<number[]> {
  const args = ["--input-type=module", "--eval", APPENDING, directory, `${first}`];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "close");
  const acknowledged: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(Number(line));
    if (acknowledged.length === afterAcks) setTimeout(() => child.kill("SIGKILL"), thenMs);
  }
  await ended;
  return acknowledged;
}

describe("the embedded event log, killed while it appends", () => {
  it(`holds every acknowledged record and no half of a batch, ${ROUNDS} times over`, async () => {
    const acknowledged = new Set<number>();
    for (let round = 0; round < ROUNDS; round++) {
      const acks = await appendAndKill(round * 100_000, 1 + round * 2, round % 5);
      expect(acks.length).toBeGreaterThan(0);
      for (const batch of acks) acknowledged.add(batch);

      const log = await openEmbeddedLog({ directory, limitBytes: 2 ** 40, now: Date.now });
      const counts = new Map<number, number>();
      for (const topic of [TOPICS.journal, TOPICS.dead]) {
        for (const { value } of await readAll(log, topic, `round ${round}`)) {
          const { batch, of } = JSON.parse(value.toString()) as { batch: number; of: number };
          counts.set(batch, (counts.get(batch) ?? of) - 1);
        }
      }
      await log.close();
      expect([...counts].filter(([, missing]) => missing !== 0)).toEqual([]);
      expect([...acknowledged].filter((batch) => !counts.has(batch))).toEqual([]);
    }
  });
});
