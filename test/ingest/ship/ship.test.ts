import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OWN_GATEWAY } from "../../../ingest/ship/target.ts";
import { type Harbour, lineOf, linesOf, openHarbour, range } from "./ship-fixture.ts";

let harbour: Harbour;
beforeEach(async () => {
  harbour = await openHarbour();
});
afterEach(() => harbour.close());

const arrived = () => harbour.numbers();

describe("shipping a file", () => {
  it("starts at the beginning, keeps the order, and says what it did", async () => {
    await writeFile(harbour.file, `${linesOf(0, 9_000)}{"bad\n`);
    const summary = await harbour.once();
    expect(arrived()).toEqual(range(0, 9_000));
    expect(summary).toMatchObject({ accepted: 9_000, rejected: 1, cutLines: 0, lostBytes: 0, pending: [] });
    expect(harbour.said.join("")).toMatch(/^Shipped 9,001 lines, 1 of them refused into the dead letters, from 1 file/);
  });

  it("goes on where it stopped, and sends nothing twice", async () => {
    await writeFile(harbour.file, linesOf(0, 10));
    await harbour.once({ now: () => Date.UTC(2026, 10, 17, 8) });
    harbour.said.length = 0;
    await harbour.once();
    expect(harbour.said.join("")).toMatch(
      /^Nothing new since 2026-11-17T08:00:00Z in .*agent\.jsonl, which was shipped to http:.* before; another --checkpoint/,
    );
    harbour.said.length = 0;
    await appendFile(harbour.file, linesOf(10, 20));
    await harbour.once();
    expect(harbour.said.join("")).not.toContain("Nothing new");
    expect(arrived()).toEqual(range(0, 20));
  });

  it("gives every line an identity that follows from its place in the file", async () => {
    await writeFile(harbour.file, linesOf(0, 5_000));
    await harbour.once();
    const ids = harbour.gateway.events().map((event) => event.id);
    expect(new Set(ids).size).toBe(5_000);
    await harbour.once({ checkpointFile: join(harbour.directory, "other.json") });
    expect(
      harbour.gateway
        .events()
        .slice(5_000)
        .map((event) => event.id),
    ).toEqual(ids);
  });

  it("waits for the newline of the last line", async () => {
    await writeFile(harbour.file, linesOf(0, 2) + lineOf(2).slice(0, 30));
    const follower = harbour.follow();
    await expect.poll(arrived).toEqual([0, 1]);
    await appendFile(harbour.file, lineOf(2).slice(30));
    await expect.poll(arrived).toEqual([0, 1, 2]);
    await appendFile(harbour.file, lineOf(3).slice(0, 30));
    const { pending } = await follower.stop();
    expect(pending).toEqual([{ file: harbour.file, bytes: 30 }]);
    expect(arrived()).toEqual([0, 1, 2]);
  });

  it("takes the present end for the end of the last line when it does not follow", async () => {
    await writeFile(harbour.file, linesOf(0, 3).trimEnd());
    expect(await harbour.once()).toMatchObject({ accepted: 3, pending: [] });
    expect(arrived()).toEqual([0, 1, 2]);
    await appendFile(harbour.file, `\n${lineOf(3)}`);
    await harbour.once();
    expect(harbour.said.at(-1)).toMatch(/^Shipped 1 line, from 1 file/);
    expect(arrived()).toEqual([0, 1, 2, 3]);
    expect(new Set(harbour.gateway.events().map(({ id }) => id)).size).toBe(4);
    expect(harbour.gateway.letters()).toEqual([]);
  });

  it("waits for a file that does not exist, saying so once, and follows it", async () => {
    const follower = harbour.follow();
    await expect
      .poll(() => harbour.said)
      .toEqual([
        expect.stringMatching(/^Following 1 file into http.*; Ctrl-C ends it\.\n$/),
        `Waiting for ${harbour.file}, which does not exist yet.\n`,
      ]);
    await writeFile(harbour.file, linesOf(0, 3));
    await expect.poll(arrived).toEqual([0, 1, 2]);
    await follower.stop();
  });

  it("follows several files, and one file named twice once", async () => {
    const other = join(harbour.directory, "other.jsonl");
    await writeFile(harbour.file, linesOf(0, 5));
    await writeFile(other, linesOf(5, 10));
    const summary = await harbour.once({ files: [harbour.file, other, join(harbour.directory, ".", "other.jsonl")] });
    expect(arrived().sort((a, b) => a - b)).toEqual(range(0, 10));
    expect(summary.accepted).toBe(10);
  });

  it("marks history with backfill, and does not otherwise", async () => {
    await writeFile(harbour.file, linesOf(0, 1));
    await harbour.once({ backfill: true });
    await appendFile(harbour.file, linesOf(1, 2));
    await harbour.once();
    expect(harbour.gateway.events().map((event) => event.backfill)).toEqual([true, undefined]);
  });

  it("sends a line that is too long so that it is refused and recorded, and goes on after it", async () => {
    const long = `{"x":"${"y".repeat(5 * 1024 ** 2)}"}\n`;
    await writeFile(harbour.file, linesOf(0, 2) + long + linesOf(2, 4));
    const summary = await harbour.once();
    expect(arrived()).toEqual(range(0, 4));
    expect(summary).toMatchObject({ rejected: 1, cutLines: 1, pending: [] });
    expect(harbour.gateway.letters()).toMatchObject([{ code: "too_long", size: 1024 ** 2 }]);
  });

  it("does not wait for a line that grows without end to be held in memory", async () => {
    await writeFile(harbour.file, linesOf(0, 1) + "y".repeat(3 * 1024 ** 2));
    const follower = harbour.follow();
    await expect.poll(arrived).toEqual([0]);
    await appendFile(harbour.file, `${"y".repeat(1024 ** 2)}\n${lineOf(1)}`);
    await expect.poll(arrived).toEqual([0, 1]);
    expect((await follower.stop()).cutLines).toBe(1);
  });

  it.each([
    ["a directory", "not_a_file"],
    ["a wrong address", "invalid_url"],
    ["a missing file at the end of which to stop", "file_missing"],
  ])("refuses %s", async (what, code) => {
    const changes = what === "a wrong address" ? { to: "localhost:7077" } : {};
    if (what === "a directory") await mkdir(harbour.file);
    await expect(harbour.once(changes)).rejects.toMatchObject({ code });
  });

  it("refuses a checkpoint that it cannot read, rather than to start again", async () => {
    await writeFile(harbour.file, linesOf(0, 1));
    const checkpointFile = join(harbour.directory, "broken.json");
    await writeFile(checkpointFile, "{");
    await expect(harbour.once({ checkpointFile })).rejects.toMatchObject({ code: "checkpoint_unreadable" });
    await writeFile(checkpointFile, '{"version":99}');
    await expect(harbour.once({ checkpointFile })).rejects.toMatchObject({ code: "checkpoint_newer" });
    expect(arrived()).toEqual([]);
  });

  it("refuses a checkpoint of another target, and takes over one that does not say of which", async () => {
    await writeFile(harbour.file, linesOf(0, 2));
    await harbour.once();
    const checkpointFile = join(harbour.directory, "state", "ship.json");
    const elsewhere = { to: "http://127.0.0.1:9" };
    await expect(harbour.once(elsewhere)).rejects.toMatchObject({ code: "checkpoint_of_another_target", exitCode: 2 });
    const { target, ...earlier } = JSON.parse(await readFile(checkpointFile, "utf8")) as { target: string };
    expect(target).toBe(harbour.gateway.url);
    await writeFile(checkpointFile, JSON.stringify(earlier));
    await appendFile(harbour.file, linesOf(2, 3));
    await harbour.once({ target: OWN_GATEWAY });
    expect(arrived()).toEqual([0, 1, 2]);
    await expect(harbour.once()).rejects.toMatchObject({ code: "checkpoint_of_another_target" });
  });
});

describe("a gateway in trouble", () => {
  /** Answers as told, in turn; then 200. */
  async function troubled(answers: readonly (readonly [number, Record<string, string>])[]) {
    const asked: { key: string; body: string }[] = [];
    const left = [...answers];
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += String(chunk);
      });
      request.on("end", () => {
        asked.push({ key: String(request.headers["idempotency-key"]), body });
        const [status, headers] = left.shift() ?? [200, {}];
        const accepted = body.split("\n").length - 1;
        const error = { code: "trouble", message: "In trouble." };
        response
          .writeHead(status, headers)
          .end(JSON.stringify(status === 200 ? { accepted, rejected: [] } : { error }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { asked, server, to: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }

  it("posts the same range under the same key again, after the time it was told", async () => {
    await writeFile(harbour.file, linesOf(0, 3));
    const { asked, server, to } = await troubled([
      [503, {}],
      [429, { "retry-after": "7" }],
    ]);
    const pauses: number[] = [];
    const summary = await harbour.once({ to, sleep: async (ms) => void pauses.push(ms) });
    expect(asked).toHaveLength(3);
    expect(new Set(asked.map(({ key, body }) => key + body)).size).toBe(1);
    expect(pauses).toEqual([250, 7000]);
    expect(summary.accepted).toBe(3);
    expect(harbour.said.join("")).toMatch(/answered 503; nothing is lost.*\nThe gateway answers again/);
    server.close();
  });

  it("halves what is too large, down to a cut line", async () => {
    await writeFile(harbour.file, linesOf(0, 4));
    const { asked, server, to } = await troubled([413, 413, 413].map((status) => [status, {}] as const));
    const summary = await harbour.once({ to });
    const first = asked.slice(0, 3).map(({ body }) => body);
    expect(first).toEqual([linesOf(0, 4), linesOf(0, 3), linesOf(0, 2)]);
    expect(
      asked
        .slice(3)
        .map(({ body }) => body)
        .join(""),
    ).toBe(linesOf(0, 4));
    expect(summary.accepted).toBe(4);
    server.close();
  });

  it.each([
    [401, "WATCHKEEPER_HTTP_TOKEN"],
    [404, "--to"],
  ])("ends at %d with the gateway's own words and a hint", async (status, hint) => {
    await writeFile(harbour.file, linesOf(0, 1));
    const { server, to } = await troubled([[status, {}]]);
    await expect(harbour.once({ to })).rejects.toMatchObject({
      code: "gateway_refused",
      message: expect.stringContaining("In trouble."),
      hint: expect.stringContaining(hint),
    });
    server.close();
  });

  it("stops while the gateway is away, and brings the same range at the next start", async () => {
    await writeFile(harbour.file, linesOf(0, 3));
    const follower = harbour.follow({ to: "http://127.0.0.1:9", target: harbour.gateway.url });
    await expect.poll(() => harbour.said.join("")).toContain("cannot be reached (bad port); nothing is lost");
    const { pending } = await follower.stop();
    expect(pending).toEqual([{ file: harbour.file, bytes: linesOf(0, 3).length }]);
    await appendFile(harbour.file, linesOf(3, 5));
    await harbour.once();
    expect(arrived()).toEqual(range(0, 5));
  });

  it("sends the token, and keeps the checkpoint to itself", async () => {
    await writeFile(harbour.file, linesOf(0, 1));
    await harbour.once({ token: "the-token" });
    expect(await readFile(join(harbour.directory, "state", "ship.json"), "utf8")).not.toContain("the-token");
  });
});
