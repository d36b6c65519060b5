/** `npm run eval [-- PART [options]]`: how well detection does, measured. */
const PARTS: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  fleet: async (args) => (await import("./fleet/run.ts")).runFleets(args, process.stdout, () => performance.now()),
};

const [first, ...rest] = process.argv.slice(2);
const isPart = first !== undefined && !first.startsWith("-");
if (isPart && !(first in PARTS)) {
  process.stderr.write(`there is no part ${first}; there are ${Object.keys(PARTS).join(", ")}\n`);
  process.exit(2);
}
for (const [name, part] of Object.entries(PARTS)) {
  if (!isPart || first === name) await part(isPart ? rest : process.argv.slice(2));
}
