import { expect, it } from "vitest";
import { createPartitioner } from "../../ingest/log/partitioner.ts";
import { createScene, paidCall, slackEnvironment } from "./scene.ts";
import { settled, until } from "./watchkeeper.ts";

const scene = createScene();

/** Agents that stand in the four different partitions of the embedded log. */
function spreadAgents(): string[] {
  const partitionOf = createPartitioner(4);
  const names = Array.from({ length: 100 }, (_, index) => `agent_${index}`);
  return [0, 1, 2, 3].map((partition) => names.find((name) => partitionOf(name) === partition) as string);
}

const AGENTS = spreadAgents();
const CONFIG = `
agents:
${AGENTS.map((agent) => `  ${agent}: { team: growth }`).join("\n")}
teams: { growth: { budgets: [{ amount: 10, unit: usd, period: month }] } }
`;

it("tells one message of what a team's agents in all partitions used together, also through a kill and a stop", async () => {
  const slack = await scene.slack();
  const directory = await scene.directory();
  const options = { directory, config: CONFIG, env: slackEnvironment(slack) };
  let up = await scene.start(options);
  for (const agent of AGENTS) await up.post([paidCall(agent, 1.5)]);
  await settled(up);
  expect(slack.messages).toEqual([]);
  await up.kill();

  up = await scene.start(options);
  await up.post([paidCall(AGENTS[0] as string, 1.02)]);
  const message = await until(() => slack.messages[0]);
  expect(message.text).toContain("*team growth* used 70 % of this month's budget");
  expect(JSON.stringify(message.blocks)).toContain("$7.02 of $10.00");
  expect(JSON.stringify(message.blocks)).toContain(`${AGENTS[0]} 2 calls ($2.52)`);
  await settled(up);
  expect(await up.stop()).toBe(0);

  up = await scene.start(options);
  for (const agent of AGENTS.slice(1, 3)) await up.post([paidCall(agent, 1)]);
  await until(() => slack.messages[0]?.text.includes("90 %"));
  const shown = (await (await up.get("/v1/incidents")).json()) as { incidents: Record<string, unknown>[] };
  expect(shown.incidents).toMatchObject([
    { scope: { kind: "team", name: "growth" }, agent: "", detector: "budget", severity: "warning", observed: 9.02 },
  ]);
  await settled(up);
  expect(slack.messages.filter((sent) => sent.thread_ts === undefined)).toHaveLength(1);
  const stored = await up.ask<{ scope_kind: string; scope_name: string; step: string }>(
    "SELECT scope_kind, scope_name, step FROM findings ORDER BY step",
  );
  expect(stored.map((row) => [row.scope_kind, row.scope_name, Number(row.step)])).toEqual([
    ["team", "growth", 70],
    ["team", "growth", 90],
  ]);
  expect(await up.number("SELECT uniqExact(partition) FROM controls WHERE type = 'scope'")).toBe(1);
  expect(await up.stop()).toBe(0);
});
