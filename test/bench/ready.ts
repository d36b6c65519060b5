/** From the start of the command until `/readyz` says 200, on an empty data directory. */
import type { Figure } from "./figure.ts";
import { quantile } from "./process.ts";
import { withProgram } from "./program.ts";

export async function ready(starts: number): Promise<Figure[]> {
  const seconds: number[] = [];
  for (let at = 0; at < starts; at += 1) {
    const began = performance.now();
    await withProgram({}, async () => seconds.push((performance.now() - began) / 1000));
  }
  return [
    { name: "ready after the start, median", value: quantile(seconds, 0.5), unit: "s", goal: { is: "most", value: 3 } },
  ];
}
