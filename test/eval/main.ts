/** `npm run eval [-- PART [options]]`: how well detection does, measured. Without a part, all of them. */
import { type RunIo, runFleets } from "./fleet/run.ts";
import { runNab } from "./nab/run.ts";

const IO: RunIo = {
  out: process.stdout,
  progress: process.stderr.isTTY ? process.stderr : undefined,
  now: () => performance.now(),
};

const PARTS: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  nab: (args) => runNab(args, IO),
  fleet: (args) => runFleets(args, IO),
};

const [part, ...args] = process.argv.slice(2);
if (part !== undefined && !(part in PARTS)) {
  process.stderr.write(`there is no part ${part}; there are ${Object.keys(PARTS).join(", ")}\n`);
  process.exit(2);
}
for (const [name, run] of Object.entries(PARTS)) if (part === undefined || part === name) await run(args);
