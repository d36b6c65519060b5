import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSeries } from "../../ingest/series-file.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "series-file-"));
});
afterAll(() => rm(directory, { recursive: true }));

async function rowsOf(...lines: string[]): Promise<readonly { at: number; value: number | undefined }[]> {
  const path = join(directory, "in.csv");
  await writeFile(path, ["timestamp,value", ...lines, ""].join("\n"));
  return (await readSeries(path)).rows;
}

const AT = Date.UTC(2026, 0, 5, 12);

describe("rows of a series", () => {
  it.each([
    "2026-01-05T12:00:00Z",
    "2026-01-05 12:00:00",
    "2026-01-05T14:00:00+02:00",
    "2026-01-05 12:00:00.000",
    `${AT / 1000}`,
    `${AT}`,
  ])("are at the moment that %s names", async (time) => {
    expect(await rowsOf(`${time},7`)).toEqual([{ at: AT, value: 7 }]);
  });

  it.each(["", "NaN", "inf", "none"])('have no value where the cell says "%s"', async (cell) => {
    expect(await rowsOf(`${AT},${cell}`)).toEqual([{ at: AT, value: undefined }]);
  });

  it.each(["01/02/2026", "12", "-1767614400"])("are refused when the time is %s", async (time) => {
    await expect(rowsOf(`${time},7`)).rejects.toThrow(`line 2: "${time}" is no time.`);
  });
});
