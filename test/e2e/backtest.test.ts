import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { DAY_MS, HOUR_MS } from "../../detectors/time/zones.ts";
import { aroundTheClock, officeHours, type Rhythm, random } from "../detectors/fleet.ts";
import { linesOf, WEEK_MS } from "./rhythms.ts";
import { createScene } from "./scene.ts";
import { run } from "./watchkeeper.ts";

const scene = createScene();

/** Monday. Four weeks and the week after them, with Europe's change to summer time in between. */
const START = Date.UTC(2026, 2, 2);
const LIVE = START + 4 * WEEK_MS;
const SEEDS = [1, 2, 3, 4, 5, 6];

const KINDS: Omit<Rhythm, "agent">[] = [
  {
    zone: "Europe/Berlin",
    tools: { web_search: 20, send_mail: 6, openai: 15 },
    prices: { openai: 0.03 },
    share: officeHours,
  },
  {
    zone: "America/New_York",
    tools: { web_search: 14, read_file: 30, rare: 0.3, openai: 12 },
    prices: { openai: 0.04 },
    share: aroundTheClock,
  },
  { zone: "UTC", tools: { fetch: 18, openai: 18 }, prices: { openai: 0.02 }, share: aroundTheClock, run: 6 },
];
const AGENTS: Rhythm[] = SEEDS.flatMap((seed) => KINDS.map((kind, at) => ({ ...kind, agent: `agent_${at}_${seed}` })));
const CONFIG = `agents:\n${AGENTS.map(({ agent, zone }) => `  ${agent}: { timezone: ${zone} }`).join("\n")}\n`;

interface Alert {
  readonly timestamp: string;
  readonly agent: string;
  readonly detector: string;
}

/** What would have been sent over these lines. */
async function alertsOver(lines: readonly { timestamp: string }[]): Promise<Alert[]> {
  const directory = await scene.directory();
  const [events, alerts, config] = ["events.jsonl", "alerts.jsonl", "watchkeeper.yaml"].map((name) =>
    join(directory, name),
  );
  const inOrder = [...lines].sort((a, b) => (a.timestamp < b.timestamp ? -1 : 1));
  await writeFile(events as string, `${inOrder.map((line) => JSON.stringify(line)).join("\n")}\n`);
  await writeFile(config as string, CONFIG);
  const output = await run(["backtest", "--events", events as string, "--alerts", alerts as string], {
    cwd: directory,
    env: { WATCHKEEPER_CONFIG: config as string },
  });
  expect(output.stderr.replace(/.*\r.*\n?/g, "")).toBe("");
  expect(output.code).toBe(0);
  const text = await readFile(alerts as string, "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Alert);
}

/** Five weeks of the agents of these seeds. */
function ordinary(seeds: readonly number[]): { timestamp: string }[] {
  const of = (seed: number) => AGENTS.filter(({ agent }) => agent.endsWith(`_${seed}`));
  return seeds.flatMap((seed) => linesOf(of(seed), START, LIVE + WEEK_MS, random(seed)));
}

function spread(agent: string, count: number, from: number, within: number, fields: (n: number) => object) {
  return Array.from({ length: count }, (_, n) => ({
    timestamp: new Date(from + Math.floor((n * within) / count)).toISOString(),
    agent,
    id: `x${from}-${n}`,
    ...fields(n),
  }));
}

it("says nothing about an ordinary week after four weeks", async () => {
  expect(await alertsOver(ordinary([5, 6]))).toEqual([]);
});

it("tells exactly the incidents of a week, each once, and goes quiet again", async () => {
  // 10:00 in Berlin.
  const morning = (day: number): number => LIVE + day * DAY_MS + 8 * HOUR_MS;
  const incidents = [
    ...spread("agent_0_1", 100, morning(1), HOUR_MS, (n) => ({ api: "web_search", endpoint: `/x${n}` })),
    ...spread("agent_0_2", 15, morning(2), HOUR_MS, (n) => ({ api: "openai", endpoint: `/x${n}`, cost: 0.15 })),
    ...spread("agent_0_3", 20, morning(3) + 17 * HOUR_MS, 600_000, (n) => ({ api: "openai", endpoint: `/x${n}` })),
    ...spread("agent_0_4", 200, morning(4), 120_000, () => ({ api: "web_search", endpoint: "/same" })),
  ];
  const alerts = await alertsOver([...ordinary([1, 2, 3, 4]), ...incidents]);
  expect(alerts.map(({ agent, detector }) => `${agent} ${detector}`)).toEqual([
    "agent_0_1 tool-frequency",
    "agent_0_2 spend",
    "agent_0_3 off-hours",
    "agent_0_4 loop",
  ]);
});
