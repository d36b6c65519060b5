/** `watchkeeper ship FILE --once`, from the start of the command to its end. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run, temporaryDirectory } from "../e2e/watchkeeper.ts";
import { withMover } from "./ceiling.ts";
import type { Figure } from "./figure.ts";
import { line } from "./lines.ts";
import { withProgram } from "./program.ts";

async function linesPerSecond(file: string, lines: number, to: string, checkpoint: string): Promise<number> {
  const began = performance.now();
  const { code, stderr } = await run(["ship", file, "--to", to, "--checkpoint", checkpoint, "--once"]);
  if (code !== 0) throw new Error(`ship ended with ${code}: ${stderr}`);
  return lines / ((performance.now() - began) / 1000);
}

export async function shipper(lines: number): Promise<Figure[]> {
  const directory = await temporaryDirectory();
  const file = join(directory.path, "events.jsonl");
  const now = Date.now();
  const texts = Array.from({ length: lines }, (_, n) => line(n, { agents: 200, tools: 20 }, now));
  await writeFile(file, `${texts.join("\n")}\n`);
  try {
    const ceiling = await withMover(({ url }) => linesPerSecond(file, lines, url, join(directory.path, "mover.json")));
    const value = await withProgram({}, ({ up }) =>
      linesPerSecond(file, lines, up.url, join(directory.path, "up.json")),
    );
    return [{ name: "shipper, lines/s", value, unit: "/s", goal: { is: "least", value: 20_000 }, ceiling }];
  } finally {
    await directory.dispose();
  }
}
