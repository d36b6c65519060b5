import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { random } from "../detectors/fleet.ts";
import { createScene } from "./scene.ts";
import { run } from "./watchkeeper.ts";

const scene = createScene();

/** Four weeks of five minutes, with a burst and a row without a number. */
function csv(): string {
  const noise = random(3);
  const start = Date.UTC(2026, 1, 2);
  const lines = Array.from({ length: 8064 }, (_, row) => {
    const time = new Date(start + row * 300_000).toISOString().slice(0, 19).replace("T", " ");
    const value = Math.round(40 + 20 * noise()) + (row >= 6000 && row < 6006 ? 300 : 0);
    return `${time},${row === 5000 ? "" : value}`;
  });
  return `timestamp,value\n${lines.join("\n")}\n`;
}

it("scores any series, row by row, the same way each time", async () => {
  const directory = await scene.directory();
  const [input, output] = [join(directory, "in.csv"), join(directory, "out.csv")];
  await writeFile(input, csv());
  const args = ["backtest", "--series", input, "--out", output];
  const first = await run(args, { cwd: directory });
  expect(first).toMatchObject({ code: 0, stderr: "" });
  expect(first.stdout).toContain("2026-02-22T20:00:00.000Z");
  expect(first.stdout).toContain("\n1 row without a number, neither judged nor learned\n");
  const scored = await readFile(output, "utf8");
  const [header, ...rows] = scored.trimEnd().split("\n");
  expect(header).toBe("timestamp,value,anomaly_score,flagged");
  expect(rows).toHaveLength(8064);
  expect(rows.map((row) => row.split(",").slice(0, 2).join(","))).toEqual(csv().trimEnd().split("\n").slice(1));
  const cells = rows.map((row) => row.split(","));
  for (const [, , score, flagged] of cells) expect(Number(score) >= 0.5 ? "1" : "0").toBe(flagged);
  expect(cells.findIndex(([, , , flagged], row) => row >= 5990 && flagged === "1")).toBe(6000);
  expect(cells[5000]?.slice(2)).toEqual(["0", "0"]);

  await run(args, { cwd: directory });
  expect(await readFile(output, "utf8")).toBe(scored);
});

it("judges each row from what came before it", async () => {
  const directory = await scene.directory();
  const [whole, cut, output] = ["whole.csv", "cut.csv", "out.csv"].map((name) => join(directory, name));
  const lines = csv().split("\n");
  await writeFile(whole as string, csv());
  await writeFile(cut as string, `${lines.slice(0, 6010).join("\n")}\n`);
  const scored: string[] = [];
  for (const input of [whole, cut] as string[]) {
    expect((await run(["backtest", "--series", input, "--out", output as string], { cwd: directory })).code).toBe(0);
    scored.push(await readFile(output as string, "utf8"));
  }
  expect(scored[0]?.startsWith(scored[1] ?? "none")).toBe(true);
});

it.each([
  ["no header", "1,2\n3,4\n", "no column timestamp"],
  ["no time", "timestamp,value\nyesterday,4\n", 'line 2: "yesterday" is no time'],
])("says what is wrong: %s", async (_, text, message) => {
  const directory = await scene.directory();
  const input = join(directory, "in.csv");
  await writeFile(input, text);
  const { code, stderr } = await run(["backtest", "--series", input], { cwd: directory });
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

it("takes events or a series, not both and not neither", async () => {
  const directory = await scene.directory();
  for (const args of [
    [],
    ["--events", "a", "--series", "b"],
    ["--series", "b", "--alerts", "c"],
    ["--events", "a", "--out", "c"],
  ]) {
    const { code, stderr } = await run(["backtest", ...args], { cwd: directory });
    expect([code, stderr.includes("--events FILE")]).toEqual([2, true]);
  }
});
