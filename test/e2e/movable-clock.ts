/** A clock for the program under test that can be moved ahead while it runs, so that hours pass in a moment. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export interface MovableClock {
  /** For the program's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** How far the program's clock is ahead of ours from now on (ms). */
  moveTo(aheadMs: number): Promise<void>;
}

/** What the program loads first: `Date` reads how far ahead it is from a file. */
const PRELOAD = `
import { readFileSync } from "node:fs";
const RealDate = Date;
let ahead = 0;
const read = () => {
  const text = readFileSync(new URL("./ahead", import.meta.url), "utf8");
  if (text !== "") ahead = Number(text);
};
read();
setInterval(read, 20).unref();
globalThis.Date = class Date extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + ahead);
    else super(...given);
  }
  static now() {
    return RealDate.now() + ahead;
  }
};
`;

export async function createMovableClock(directory: string): Promise<MovableClock> {
  const preload = join(directory, "clock.mjs");
  const moveTo = (aheadMs: number): Promise<void> => writeFile(join(directory, "ahead"), String(aheadMs));
  await writeFile(preload, PRELOAD);
  await moveTo(0);
  return { env: { NODE_OPTIONS: `--import=${pathToFileURL(preload).href}` }, moveTo };
}
