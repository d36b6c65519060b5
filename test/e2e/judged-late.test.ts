/** The watch was away while events went on arriving: what it missed is judged late, in order, and told as one summary. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { createIntake } from "../../ingest/intake/intake.ts";
import { toJournal } from "../../ingest/intake/to-log.ts";
import { openEmbeddedLog } from "../../ingest/log/embedded-log.ts";
import { createMovableClock } from "./movable-clock.ts";
import { createScene, paidCall, slackEnvironment } from "./scene.ts";
import { settled, until } from "./watchkeeper.ts";

const scene = createScene();
const HOUR_MS = 3_600_000;
const AGENTS = 12;

/** Lines that arrived at this moment, as the gateway wrote them into the journal. */
function arrived(at: number, lines: readonly object[]) {
  const intake = createIntake({ lineBytes: 65_536, prices: [] });
  const source = { name: "http", arrivedAt: at, backfill: false };
  const identify = (line: number) => ({ id: `${at}-${line}`, source: "arrival" as const });
  return lines.map((line, index) => {
    const judged = intake.line(Buffer.from(JSON.stringify(line)), index, { ...source, identify });
    if (judged.kind !== "event") throw new Error(`a line is ${judged.kind}`);
    return toJournal(judged.event);
  });
}

it("judges an outage of three hours oldest first, tells it as one summary, and the ledger says so", async () => {
  const slack = await scene.slack();
  const directory = await scene.directory();
  const log = await openEmbeddedLog({
    directory: join(directory, "data", "log"),
    ...{ limitBytes: 64 * 1024 ** 2, now: Date.now },
  });
  const from = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 3 * HOUR_MS;
  // Each agent repeats one call, a quarter of an hour after the one before: twelve incidents over nearly three hours.
  for (let agent = 0; agent < AGENTS; agent++) {
    for (let n = 0; n < 12; n++) {
      const at = from + agent * 15 * 60_000 + n * 2000;
      const call = { id: `e${agent}-${n}`, timestamp: new Date(at).toISOString(), cost: 0.01 };
      await log.append(arrived(at, [paidCall(`agent_${agent}`, 0.01, call)]));
    }
  }
  await log.close();

  const config = "alerts: { groupFor: 0s }\n";
  for (const _ of ["first start", "restart"]) {
    const up = await scene.start({ directory, config, env: slackEnvironment(slack) });
    await until(() => slack.messages.length > 0);
    await settled(up);
    const late = "SELECT count() FROM judgements FINAL WHERE status = 'late' AND rule = 'loop' AND findings > 0";
    await until(async () => (await up.number(late)) > 0);
    const told = "SELECT count() FROM notifications FINAL WHERE reason = 'late' AND ok";
    await until(async () => (await up.number(told)) === AGENTS);
    expect(
      await up.number(
        "SELECT countIf(c > 1) FROM (SELECT count() AS c FROM judgements FINAL GROUP BY partition, rule, window_from)",
      ),
    ).toBe(0);
    expect(await up.stop()).toBe(0);
  }
  expect(slack.firsts().map(({ text }) => text)).toEqual([
    expect.stringMatching(/^:warning: \*12 alerts\* of 12 agents, judged late, opened /),
  ]);
  const shown = JSON.stringify(slack.messages[0]?.blocks).match(/agent_\d+/g);
  expect([...new Set(shown)]).toEqual(Array.from({ length: AGENTS }, (_, agent) => `agent_${agent}`));
});

it("judges what a shipper brings hours late at its own time, and tells one summary for all agents", async () => {
  const slack = await scene.slack();
  const directory = await scene.directory();
  const clock = await createMovableClock(directory);
  const env = { ...clock.env, ...slackEnvironment(slack) };
  const up = await scene.start({ directory, env, config: "alerts: { groupFor: 0s }\n" });
  const from = Date.now() - 3 * HOUR_MS;
  const lines = Array.from({ length: 6 * 30 }, (_, n) => {
    const timestamp = new Date(from + Math.floor(n / 6) * 2000).toISOString();
    return paidCall(`shipped_${n % 6}`, 0.01, { id: `late-${n}`, timestamp });
  });
  expect((await up.post(lines)).status).toBe(200);
  await until(async () => (await up.number("SELECT count() FROM events WHERE clock = 'late'")) === lines.length);
  await settled(up);
  expect(slack.messages).toEqual([]);

  await clock.moveTo(3 * 60_000);
  await until(() => slack.messages.some(({ text }) => text?.includes("found 6 alerts in 180 events")));
  await settled(up);
  expect(slack.firsts()).toHaveLength(1);
  expect(slack.messages[0]?.text).toBe(":warning: *Watchkeeper* found 6 alerts in 180 events that came late");
  expect(JSON.stringify(slack.messages[0]?.blocks)).toContain("shipped_0: repeats the same call to openai");
  const rows = "SELECT sum(events) FROM judgements FINAL WHERE status = 'late' AND rule = '*'";
  await until(async () => (await up.number(rows)) === lines.length);
  expect(await up.stop()).toBe(0);
});
