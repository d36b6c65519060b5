import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { orderedLines } from "../../../ingest/intake/ordered-lines.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "watchkeeper-lines-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Lines are `MOMENT TEXT`; other lines tell no moment. */
async function read(text: string): Promise<{ lines: [number, string][]; unordered: number }> {
  const file = join(directory, "lines");
  await writeFile(file, text);
  const lines: [number, string][] = [];
  let unordered = 0;
  const arrivalOf = (bytes: Buffer): number | undefined => {
    const moment = Number.parseInt(bytes.toString(), 10);
    return Number.isNaN(moment) ? undefined : moment;
  };
  for await (const { number, bytes } of orderedLines({ file, arrivalOf, onUnordered: () => void unordered++ })) {
    lines.push([number, bytes.toString()]);
  }
  return { lines, unordered };
}

describe("lines of a file", () => {
  it("come as they stand when they are in order, the last one with or without a line break", async () => {
    const lines = [
      [1, "1 a"],
      [2, "1 b"],
      [3, ""],
      [4, "7 ü"],
    ];
    expect(await read("1 a\n1 b\n\n7 ü")).toEqual({ lines, unordered: 0 });
    expect(await read("1 a\n1 b\n\n7 ü\n")).toEqual({ lines, unordered: 0 });
    expect(await read("")).toEqual({ lines: [], unordered: 0 });
  });

  it("come by their moments when they are not, what tells none behind the line before it", async () => {
    const { lines, unordered } = await read("5 a\nnone\n2 ü\n5 b\n2 c\n");
    expect(lines.map(([number]) => number)).toEqual([3, 5, 1, 2, 4]);
    expect(lines.map(([, text]) => text)).toEqual(["2 ü", "2 c", "5 a", "none", "5 b"]);
    expect(unordered).toBe(1);
  });

  it("are all there, each once, with the same moments in the order of the file", async () => {
    const text = fc.string({ unit: "grapheme", maxLength: 20 }).filter((one) => !one.includes("\n"));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(9), text)), async (rows) => {
        const given = rows.map(([moment, rest]) => `${moment} ${rest}`);
        const { lines } = await read(given.map((line) => `${line}\n`).join(""));
        const wanted = rows.map(([moment], index) => ({ moment, index })).sort((a, b) => a.moment - b.moment);
        expect(lines).toEqual(wanted.map(({ index }) => [index + 1, given[index]]));
      }),
      { numRuns: 60 },
    );
  });
});
