import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Registry } from "prom-client";
import { afterEach, describe, expect, it } from "vitest";
import { migrate } from "../../../ingest/clickhouse/migrate.ts";
import { startEngine } from "../../../ingest/engine/engine.ts";
import { until } from "../../until.ts";
import { eventRow, RETENTION } from "./events.ts";
import { ENTRY, logger, type RunningEngine, runEngine } from "./running-engine.ts";

const open: RunningEngine[] = [];
afterEach(async () => {
  for (const running of open.splice(0)) await running.close();
});

async function run(options: Parameters<typeof runEngine>[0] = {}): Promise<RunningEngine> {
  const running = await runEngine(options);
  open.push(running);
  return running;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("the engine's process", () => {
  it("is killed again and again under inserts that are replayed, and each event counts once in every table", async () => {
    const { engine, writer } = await run();
    await migrate(writer, { database: "watchkeeper", retention: RETENTION, logger });
    const at = Date.now();
    const BATCHES = 48;
    const ROWS = 50;
    for (let batch = 0; batch < BATCHES; batch++) {
      const values = Array.from({ length: ROWS }, (_, i) => eventRow(batch * ROWS + i, at));
      const settings = { insert_deduplication_token: `batch-${batch}` };
      const insert = () =>
        writer.insert({ table: "events", values, format: "JSONEachRow", clickhouse_settings: settings });
      if (batch % 12 === 5) process.kill(engine.pid(), "SIGKILL");
      let stored = false;
      const storing = (async () => {
        while (!stored) {
          stored = await insert().then(
            () => true,
            () => false,
          );
        }
      })();
      if (batch % 12 === 11) process.kill(engine.pid(), "SIGKILL");
      await storing;
      // What a writer does that died before it could note the acknowledgement.
      if (batch % 4 === 0) await insert().catch(() => undefined);
      await until(async () => (await insert().catch(() => undefined)) !== undefined);
    }
    const count = await writer.query({
      query: `SELECT count() AS n, uniqExact(id) AS ids, sum(cost) AS cost FROM events`,
      format: "JSONEachRow",
    });
    const hourly = await writer.query({
      query: `SELECT sum(events) AS n, sum(cost) AS cost FROM events_hourly`,
      format: "JSONEachRow",
    });
    const total = BATCHES * ROWS;
    expect(await count.json()).toEqual([{ n: String(total), ids: String(total), cost: total / 1000 }]);
    expect(await hourly.json()).toEqual([{ n: String(total), cost: total / 1000 }]);
    expect(engine.restarts()).toBeGreaterThanOrEqual(4);
  });

  it("comes back at the same url with the same passwords, and says so", async () => {
    const registry = new Registry();
    let told = 0;
    const { engine, writer } = await run({ registry, onRestart: () => told++ });
    const before = engine.pid();
    process.kill(before, "SIGKILL");
    await until(() => engine.restarts() === 1);
    expect(engine.pid()).not.toBe(before);
    expect((await writer.ping({ select: true })).success).toBe(true);
    expect(told).toBe(1);
    expect(await registry.metrics()).toContain("watchkeeper_engine_restarts_total 1");
  });

  it("outlives requests that are no URL, from whoever finds its port", async () => {
    const { engine } = await run();
    const pid = engine.pid();
    for (const target of ["//", "/\\\\", "http://[", "*"]) {
      const socket = connect(Number(new URL(engine.url).port), "127.0.0.1");
      socket.end(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      const answer = await text(socket);
      expect(answer).toMatch(/^HTTP\/1\.1 [45]\d\d /);
    }
    expect((await fetch(`${engine.url}/ping`)).status).toBe(200);
    expect([engine.pid(), engine.restarts()]).toEqual([pid, 0]);
  });

  it("ends at a stop, while a query runs, and leaves its directory free", async () => {
    const { engine, writer, directory } = await run();
    const long = writer
      .query({ query: "SELECT sum(sipHash64(number)) FROM numbers(1000000000000)" })
      .catch(() => "ended");
    await engine.stop(5_000);
    expect(isAlive(engine.pid())).toBe(false);
    expect(await long).toBe("ended");
    const again = await startEngine({ directory, logger, entry: ENTRY, lockWaitMs: 0 });
    await again.stop();
    expect(isAlive(again.pid())).toBe(false);
  });

  it("ends when its parent is killed", async () => {
    const directory = await mkdtemp(join(tmpdir(), "watchkeeper-orphan-"));
    const script = join(directory, "parent.mjs");
    const engineJs = JSON.stringify(ENTRY.replace("engine-main.js", "engine.js"));
    const pino = JSON.stringify(import.meta.resolve("pino"));
    await writeFile(
      script,
      `import { startEngine } from ${engineJs};
      import { pino } from ${pino};
      import { writeFileSync } from "node:fs";
      const engine = await startEngine({ directory: ${JSON.stringify(directory)}, logger: pino({ level: "silent" }) });
      writeFileSync(${JSON.stringify(join(directory, "pid"))}, String(engine.pid()));`,
    );
    const parent = spawn(process.execPath, [script], { stdio: "ignore" });
    let pid = 0;
    await until(async () => {
      pid = Number(await readFile(join(directory, "pid"), "utf8").catch(() => "0"));
      return pid > 0;
    });
    expect(isAlive(pid)).toBe(true);
    parent.kill("SIGKILL");
    await until(() => !isAlive(pid));
    const next = await startEngine({ directory, logger, entry: ENTRY });
    await next.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it("says that another one holds the directory, and leaves that one alone", async () => {
    const { directory, writer } = await run();
    await expect(startEngine({ directory, logger, entry: ENTRY, lockWaitMs: 200 })).rejects.toMatchObject({
      code: "engine_locked",
      message: expect.stringContaining(directory),
    });
    expect((await writer.ping({ select: true })).success).toBe(true);
  });

  it("says that it cannot write to its directory", async () => {
    const file = join(await mkdtemp(join(tmpdir(), "watchkeeper-file-")), "file");
    await writeFile(file, "");
    await expect(startEngine({ directory: file, logger, entry: ENTRY })).rejects.toMatchObject({
      code: expect.stringMatching(/^engine_/),
      message: expect.stringContaining(file),
    });
  });

  it("keeps its passwords to itself: neither in arguments nor in its environment", async () => {
    const { engine } = await run();
    const read = (name: string) => readFile(`/proc/${engine.pid()}/${name}`, "latin1");
    for (const text of [await read("cmdline"), await read("environ")]) {
      expect(text).not.toContain(engine.writer.password);
      expect(text).not.toContain(engine.reader.password);
    }
  });
});
