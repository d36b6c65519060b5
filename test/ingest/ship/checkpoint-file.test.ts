import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { checkpointFileOf } from "../../../ingest/ship/checkpoint-file.ts";

describe("the checkpoint of shipped files", () => {
  it("is the same for the same files, however they are named", () => {
    const one = checkpointFileOf(["a.jsonl", "b.jsonl"], "data");
    expect(checkpointFileOf([resolve("b.jsonl"), "./a.jsonl"], "data")).toBe(one);
    expect(one).toMatch(/^data[\\/]ship[\\/][0-9a-f]{16}\.json$/);
  });

  it("is another one for other files", () => {
    expect(checkpointFileOf(["a.jsonl"], "data")).not.toBe(checkpointFileOf(["b.jsonl"], "data"));
  });
});
