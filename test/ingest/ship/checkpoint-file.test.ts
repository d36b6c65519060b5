import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkpointFileOf, prepareCheckpointFile } from "../../../ingest/ship/checkpoint-file.ts";
import { isSameGateway, isSameTarget, OWN_GATEWAY, targetOf } from "../../../ingest/ship/target.ts";

const STAGING = targetOf("https://user:secret@staging.example.com/base");
const kafka = (...brokers: string[]) => targetOf({ brokers, ssl: false });

describe("the checkpoint of shipped files", () => {
  it("is the same for the same files, however they are named", () => {
    const one = checkpointFileOf(["a.jsonl", "b.jsonl"], "data", OWN_GATEWAY);
    expect(checkpointFileOf([resolve("b.jsonl"), "./a.jsonl"], "data", OWN_GATEWAY)).toBe(one);
    expect(one).toMatch(/^data[\\/]ship[\\/][0-9a-f]{16}\.json$/);
  });

  it("is another one for other files and for another target, and one for Kafka however its brokers are named", () => {
    const all = [OWN_GATEWAY, STAGING, "https://example.com", kafka("a:1")].map((target) =>
      checkpointFileOf(["a.jsonl"], "data", target),
    );
    expect(new Set([...all, checkpointFileOf(["b.jsonl"], "data", OWN_GATEWAY)]).size).toBe(5);
    expect(checkpointFileOf(["a.jsonl"], "data", kafka("b:2", "a:1"))).toBe(all[3]);
  });
});

describe("a target", () => {
  it("is a gateway by its origin, without what is secret", () => {
    expect(STAGING).toBe("https://staging.example.com");
    expect(isSameTarget(STAGING, "https://example.com")).toBe(false);
  });

  it("stays the same while one broker stays", () => {
    expect(isSameTarget(kafka("a:1", "b:2"), kafka("c:3", "b:2"))).toBe(true);
    expect(isSameTarget(kafka("a:1"), kafka("c:3"))).toBe(false);
    expect(isSameTarget(kafka("a:1"), STAGING)).toBe(false);
  });

  it("is the own gateway under each of this machine's names", () => {
    expect(isSameGateway("http://localhost:7077/", "http://127.0.0.1:7077")).toBe(true);
    expect(isSameGateway("http://[::1]:7077", "http://0.0.0.0:7077")).toBe(true);
    expect(isSameGateway("http://127.0.0.1:7078", "http://127.0.0.1:7077")).toBe(false);
    expect(isSameGateway("http://example.com:7077", "http://127.0.0.1:7077")).toBe(false);
  });
});

describe("a position that an earlier version kept for all targets", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "watchkeeper-checkpoint-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("is where a new target begins, until the own gateway has taken it over", async () => {
    const earlier = checkpointFileOf(["a.jsonl"], folder, OWN_GATEWAY);
    await mkdir(dirname(earlier));
    await writeFile(earlier, '{"version":1,"files":{}}');
    const staging = await prepareCheckpointFile(["a.jsonl"], folder, STAGING);
    expect(await readFile(staging, "utf8")).toBe('{"version":1,"files":{}}');
    expect(await prepareCheckpointFile(["a.jsonl"], folder, OWN_GATEWAY)).toBe(earlier);
    await writeFile(earlier, `{"version":1,"target":"${OWN_GATEWAY}","files":{}}`);
    const other = await prepareCheckpointFile(["a.jsonl"], folder, "https://example.com");
    await expect(readFile(other)).rejects.toMatchObject({ code: "ENOENT" });
  });
});
