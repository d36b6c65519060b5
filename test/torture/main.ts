/** `npm run torture -- --kills 50 [--seed 7]` */
import { parseArgs } from "node:util";
import { seeded, torture } from "./torture.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "50" },
    seed: { type: "string", default: String(Date.now() % 100_000) },
  },
});
const say = (line: string) => process.stdout.write(`${line}\n`);
say(`seed ${values.seed}`);
const report = await torture({ kills: Number(values.kills), agents: 30, random: seeded(Number(values.seed)), say });
say(JSON.stringify(report, null, 2));
const sound =
  report.stored === report.accepted &&
  report.distinct === report.accepted &&
  report.rolledUp === report.accepted &&
  report.deadLetters === report.refused &&
  report.wrongSpend.length === 0 &&
  report.messages === report.incidents &&
  report.repeated.length === 0 &&
  report.untold.length === 0;
say(sound ? "nothing lost, nothing doubled" : "NOT SOUND");
process.exitCode = sound ? 0 : 1;
