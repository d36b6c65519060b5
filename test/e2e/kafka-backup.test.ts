/** A backup beside a real broker holds the store alone: what came after it is in Kafka, and is stored again from there. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kafkaAvailable } from "../kafka/available.ts";
import { type Cluster, startBroker } from "../kafka/broker.ts";
import { startLoad } from "../torture/load.ts";
import { seeded } from "../torture/torture.ts";
import { createScene, paidCall, slackEnvironment } from "./scene.ts";
import { expectRollUpsEqual, idsIn, stepToldBy } from "./stored.ts";
import { run, settled, until, type Watchkeeper } from "./watchkeeper.ts";

const scene = createScene();
/** Each incident alone, so that one message is one incident. */
const CONFIG = `
alerts: { groupFor: 0s }
kafka: { partitions: 3, inletPartitions: 3 }
defaults: { budgets: [{ amount: 5, unit: usd, period: month }] }
`;

const sorted = (ids: ReadonlyMap<string, ReadonlySet<string>>) =>
  [...ids].map(([agent, own]) => [agent, [...own].sort()] as const).sort(([a], [b]) => (a < b ? -1 : 1));
const lettersIn = (up: Watchkeeper) => up.number("SELECT count() FROM dead_letters");

describe.runIf(kafkaAvailable().own)("a backup beside Kafka", () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startBroker();
  });
  afterAll(() => cluster.stop());

  it("made under load and restored into an empty folder: every row once, nothing told again", async () => {
    const slack = await scene.slack();
    const env = { ...slackEnvironment(slack), KAFKA_BROKERS: cluster.brokers.join(",") };
    const at = (directory: string) => ({ ...env, WATCHKEEPER_DATA_DIR: join(directory, "data") });
    const told = () => slack.messages.map(stepToldBy);

    const directory = await scene.directory();
    const up = await scene.start({ directory, config: CONFIG, env });
    const load = startLoad({ url: () => up.url, agents: 12, linesPerBatch: 100, pauseMs: 5, random: seeded(7) });
    scene.after(() => load.stop());
    const accepted = () => [...load.accepted.values()].reduce((sum, ids) => sum + ids.size, 0);
    await until(async () => accepted() > 3_000 && slack.firsts().length > 0);
    await until(async () => (await up.number("SELECT count() FROM events")) > 1_000);
    const backup = join(await scene.directory(), "backup");
    expect(await run(["backup", backup], { env: at(directory) })).toMatchObject({ code: 0, stderr: "" });
    expect(await readdir(backup)).not.toContain("log");
    const grown = accepted();
    await until(() => accepted() > grown + 1_000);
    await load.stop();
    await settled(up);
    await until(async () => (await up.number("SELECT count() FROM events")) === accepted());
    const [stored, letters, before] = [await idsIn(up), await lettersIn(up), told()];
    expect(sorted(stored)).toEqual(sorted(load.accepted));
    expect(await up.stop()).toBe(0);

    const elsewhere = await scene.directory();
    expect(await run(["restore", backup], { env: at(elsewhere) })).toMatchObject({ code: 0, stderr: "" });
    const next = await scene.start({ directory: elsewhere, config: CONFIG, env });
    await until(async () => (await next.number("SELECT count() FROM events")) >= accepted());
    await settled(next);
    expect(sorted(await idsIn(next))).toEqual(sorted(stored));
    expect(await lettersIn(next)).toBe(letters);
    await expectRollUpsEqual(next);
    expect(told()).toEqual(before);

    await next.post([paidCall("afterwards", 6, { id: "new" })]);
    await until(() => slack.firsts().some(({ text }) => text.includes("afterwards")));
    await until(async () => (await next.number("SELECT count() FROM events")) === accepted() + 1);
    expect(new Set(told()).size).toBe(told().length);
    expect(await next.stop()).toBe(0);
  });
});
