/** The migrations written for a cluster of replicas: as text, and as the engine's parser reads them. No cluster is here to run them. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { migrationsTable } from "../../../ingest/clickhouse/migrate.ts";
import { loadConfig } from "../../../ingest/settings/load-config.ts";
import { loadSettings } from "../../../ingest/settings/settings.ts";
import { hourlySelect } from "../../../schemas/clickhouse/001-store.ts";
import {
  DEFAULT_REPLICATION,
  type MigrationTarget,
  replicatedCluster,
  singleServer,
} from "../../../schemas/clickhouse/migration.ts";
import { MIGRATIONS } from "../../../schemas/clickhouse/migrations.ts";
import { RETENTION } from "../engine/events.ts";
import { type RunningEngine, runEngine } from "../engine/running-engine.ts";

const cluster = replicatedCluster("watchkeeper", RETENTION, { cluster: "watchkeepers", ...DEFAULT_REPLICATION });
const single = singleServer("watchkeeper", RETENTION);

const statementsOf = (target: MigrationTarget) => [
  migrationsTable(target),
  ...MIGRATIONS.flatMap((migration) => migration.statements(target)),
];
const textOf = (target: MigrationTarget) => `${statementsOf(target).join(";\n\n")};\n`;

let running: RunningEngine;

beforeAll(async () => {
  running = await runEngine();
});

afterAll(() => running.close());

/** As the engine's parser understands it. */
async function formatted(query: string): Promise<string> {
  const result = await running.writer.query({
    query: "SELECT formatQuery({query:String}) AS text",
    query_params: { query },
    format: "JSONEachRow",
  });
  const [row] = await result.json<{ text: string }>();
  return row?.text ?? "";
}

describe("migrations for a cluster", () => {
  it("are what was reviewed", async () => {
    await expect(textOf(cluster)).toMatchFileSnapshot("../../golden/migrations-cluster.sql");
    await expect(textOf(single)).toMatchFileSnapshot("../../golden/migrations-single.sql");
  });

  it("differ from those for one server in names, engines and the window of tokens only", () => {
    const back = textOf(cluster)
      .replaceAll(" ON CLUSTER watchkeepers", "")
      .replace(/Replicated(\w+)\('[^']*', '\{replica\}'(?:, )?/g, "$1(")
      .replaceAll(cluster.dedup, single.dedup);
    expect(back).toBe(textOf(single));
    expect(statementsOf(cluster).filter((text) => !text.includes(" ON CLUSTER watchkeepers"))).toEqual([]);
  });

  it("are read by ClickHouse's parser with the cluster, the replicated engine and both windows", async () => {
    for (const statement of statementsOf(cluster)) {
      const text = await formatted(statement);
      expect(text).toContain("ON CLUSTER watchkeepers");
      if (text.includes("MATERIALIZED VIEW")) continue;
      expect(text).toMatch(
        /ENGINE = Replicated\w*MergeTree\('\/clickhouse\/tables\/\{uuid\}\/\{shard\}', '\{replica\}'/,
      );
      expect(text).toMatch(/replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800/);
    }
    const rename = `RENAME TABLE ${cluster.name("a")} TO ${cluster.name("b")}${cluster.onCluster}`;
    for (const statement of [
      ...[rename, "SYSTEM SYNC REPLICA watchkeeper.events LIGHTWEIGHT"],
      ...[`DROP TABLE IF EXISTS ${cluster.define("a")} SYNC`, `ALTER TABLE ${cluster.define("a")} MODIFY TTL at`],
      `INSERT INTO ${cluster.name("events_hourly")} ${hourlySelect(cluster.name("events"))}`,
    ]) {
      expect(await formatted(statement)).not.toBe("");
    }
  });
});

describe("the configuration of a cluster", () => {
  const read = (yaml: string) => loadConfig("w.yaml", () => yaml).config.clickhouse;

  it("has a path and a replica of its own when only the cluster is named", () => {
    expect(read("{}")).toEqual({});
    expect(read("clickhouse: {cluster: c1}")).toEqual({ cluster: "c1" });
    expect(read("clickhouse: {cluster: c1, replicated: {path: '/a/{uuid}'}}")).toEqual({
      cluster: "c1",
      replicated: { path: "/a/{uuid}", replica: "{replica}" },
    });
  });

  it.each([
    ["clickhouse: {cluster: 'a; DROP'}", "clickhouse.cluster"],
    ["clickhouse: {cluster: c, replicated: {path: \"a', 'b\"}}", "clickhouse.replicated.path"],
    ["clickhouse: {replicated: {}}", "clickhouse.replicated"],
    ["clickhouse: {cluster: c, replicas: 3}", "clickhouse.replicas"],
  ])("is refused where it cannot be: %s", (yaml, path) => {
    expect(() => read(yaml)).toThrowError(
      expect.objectContaining({ issues: expect.arrayContaining([expect.objectContaining({ path })]) }),
    );
  });

  it("is said to have no effect on the embedded engine", () => {
    const yaml = "clickhouse: {cluster: c}";
    const settings = (variables: Record<string, string>) =>
      loadSettings({ WATCHKEEPER_CONFIG: "w.yaml", ...variables }, () => yaml).withoutEffect;
    expect(settings({})).toEqual(["clickhouse"]);
    expect(settings({ CLICKHOUSE_URL: "http://db:8123" })).toEqual([]);
  });
});
