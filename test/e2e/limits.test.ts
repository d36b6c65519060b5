import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, rm, stat, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { createScene, paidCall } from "./scene.ts";
import { settled, until, type Watchkeeper } from "./watchkeeper.ts";

const scene = createScene();
const execute = promisify(execFile);
const MIB = 1024 ** 2;
const LINES = 50;

/** Lines of about 36 KB each, which nothing packs much. */
function heavy(serial: number, count: number): object[] {
  return Array.from({ length: count }, (_, n) => {
    const id = `h${serial}-${n}`;
    return paidCall(`agent_${n % 8}`, 0.01, { id, endpoint: `/${id}`, details: randomBytes(18_000).toString("hex") });
  });
}

interface Refused {
  readonly status: number;
  readonly code: string;
  readonly retryAfter: number;
}

/** Posts until one is refused; the post that was refused is returned with what was accepted before it. */
async function untilRefused(up: Watchkeeper): Promise<{ accepted: number; refused: Refused; lines: object[] }> {
  for (let serial = 0; ; serial += 1) {
    const lines = heavy(serial, LINES);
    const answer = await up.post(lines);
    const body = (await answer.json()) as { error?: { code: string } };
    if (answer.status === 200) continue;
    const refused = {
      status: answer.status,
      code: body.error?.code ?? "",
      retryAfter: Number(answer.headers.get("retry-after")),
    };
    return { accepted: serial * LINES, refused, lines };
  }
}

/** What a good client does: the same post again, after as long as it was told to wait. */
async function untilAccepted(up: Watchkeeper, lines: object[]): Promise<void> {
  for (;;) {
    const answer = await up.post(lines);
    await answer.arrayBuffer();
    if (answer.status === 200) return;
    expect([429, 503]).toContain(answer.status);
    await delay(Math.min(500, Number(answer.headers.get("retry-after")) * 1000));
  }
}

async function expectStored(up: Watchkeeper, events: number): Promise<void> {
  await until(async () => (await up.number("SELECT count() FROM events")) >= events);
  await settled(up);
  const counted = "SELECT toUInt32(count()) AS n, toUInt32(uniqExact(agent, id)) AS ids FROM events";
  expect(await up.ask(counted)).toEqual([{ n: events, ids: events }]);
  expect(await up.number("SELECT sum(events) FROM events_hourly")).toBe(events);
}

it("answers 429 with Retry-After when the journal is full, loses nothing it accepted, and takes the rest later", async () => {
  const up = await scene.start({ config: "limits: { journalBytes: 64MiB }\n" });
  const { accepted, refused, lines } = await untilRefused(up);
  expect(refused).toMatchObject({ status: 429, code: "log_full" });
  expect(refused.retryAfter).toBeGreaterThanOrEqual(1);
  await untilAccepted(up, lines);
  await expectStored(up, accepted + lines.length);
  expect(await up.stop()).toBe(0);
});

/** A file system of its own and of this size; undefined where this user may not mount one. */
async function smallDisk(bytes: number): Promise<string | undefined> {
  const path = join(await scene.directory(), "data");
  await mkdir(path);
  try {
    await execute("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", path]);
  } catch {
    return undefined;
  }
  scene.after(() => execute("umount", ["-l", path]));
  return path;
}

it("says 503 while the disk is full, loses nothing it accepted, and goes on when there is room", async () => {
  const disk = await smallDisk(192 * MIB);
  if (disk === undefined) {
    process.stdout.write("not run: a full disk, because this user may not mount one\n");
    return;
  }
  const up = await scene.start({ directory: join(disk, "..") });
  const filler = join(disk, "filler");
  const { bavail, bsize } = await statfs(disk);
  await writeFile(filler, Buffer.alloc(Math.max(0, bavail * bsize - 24 * MIB), 1));
  expect((await stat(filler)).size).toBeGreaterThan(MIB);
  const { accepted, refused, lines } = await untilRefused(up);
  expect(refused).toMatchObject({ status: 503, code: "disk_full" });
  expect(refused.retryAfter).toBeGreaterThanOrEqual(1);
  expect((await up.get("/healthz")).status).toBe(200);
  await rm(filler);
  await untilAccepted(up, lines);
  await expectStored(up, accepted + lines.length);
  expect(await up.stop()).toBe(0);
});
