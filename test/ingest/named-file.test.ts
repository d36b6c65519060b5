import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { mustBeFile, openToWrite } from "../../ingest/named-file.ts";

const directory = mkdtempSync(join(tmpdir(), "watchkeeper-named-file-"));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("a file that somebody named", () => {
  it("is refused in a sentence when it cannot be read or written", async () => {
    await expect(mustBeFile(join(directory, "no.jsonl"))).rejects.toThrow(/no\.jsonl does not exist\.$/);
    await expect(mustBeFile(directory)).rejects.toThrow(/is not a file but a directory\.$/);
    await expect(openToWrite(join(directory, "no", "out.jsonl"))).rejects.toThrow(/out\.jsonl cannot be written/);

    const out = await openToWrite(join(directory, "out.jsonl"));
    await new Promise<void>((done) => out.end("line\n", () => done()));
    await mustBeFile(join(directory, "out.jsonl"));
    expect(readFileSync(join(directory, "out.jsonl"), "utf8")).toBe("line\n");
  });
});
