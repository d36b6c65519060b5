/**
 * The image, without a Docker engine: the Dockerfile's own instructions are carried out in an empty folder, from the
 * files of the repository that .dockerignore lets through. Minutes on a slow machine, because it installs everything.
 */
import { execFileSync, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Output, ROOT, run, start, type Watchkeeper } from "../e2e/watchkeeper.ts";
import { type BuiltStage, buildStages, parseDockerfile } from "./dockerfile.ts";

let directory: string;
let image: BuiltStage;
let main: string;

/** Files of the repository, of which .dockerignore names what is sent to the builder. */
async function writeContext(context: string): Promise<void> {
  const ignore = (await readFile(join(ROOT, ".dockerignore"), "utf8")).split("\n");
  const sent = ignore.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
  const isSent = (file: string) => sent.some((name) => file === name || file.startsWith(`${name}/`));
  const list = ["ls-files", "--cached", "--others", "--exclude-standard"];
  const files = execFileSync("git", list, { cwd: ROOT, encoding: "utf8" }).split("\n").filter(isSent);
  for (const file of files) {
    await mkdir(dirname(join(context, file)), { recursive: true });
    await cp(join(ROOT, file), join(context, file));
  }
}

/** Of the calling test run only what every program has, and npm's place of packages. */
function builderEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      /^(PATH|HOME|TMPDIR|LANG|https?_proxy|no_proxy)$/i.test(name) || /^npm_config_(cache|registry)$/.test(name),
  );
  return { ...Object.fromEntries(kept), npm_config_prefer_offline: "true" };
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      const { size, mtimeMs } = await stat(path);
      return `${path} ${size} ${mtimeMs}`;
    }),
  );
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "watchkeeper-image-"));
  const context = join(directory, "context");
  await writeContext(context);
  const stages = parseDockerfile(await readFile(join(ROOT, "Dockerfile"), "utf8"));
  image = await buildStages({ stages, context, directory, env: builderEnvironment() });
  main = join(image.workdir, "dist", "main.js");
}, 600_000);

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe("the image", () => {
  it("holds the built program and what it needs, no sources and no development packages", async () => {
    const names = (await readdir(image.workdir)).sort();
    const expected = ["LICENSE", "dashboards", "dist", "docker", "node_modules", "package.json", "schemas"];
    expect(names).toEqual([...expected, "watchkeeper.example.yaml"].sort());
    const packages = await readdir(join(image.workdir, "node_modules"));
    expect(packages).toEqual(expect.arrayContaining(["lmdb", "kafkajs", "@clickhouse", "snappy"]));
    expect(packages.filter((name) => ["chdb", "@chdb", "typescript", "vitest", "tsx"].includes(name))).toEqual([]);
    const sources = (await filesBelow(image.workdir)).filter(
      (file) => !file.includes("node_modules") && /(?<!\.d)\.ts /.test(file),
    );
    expect(sources).toEqual([]);
  });

  it("runs its commands", async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { version: string };
    expect(await run(["--version"], { main })).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
    expect((await run(["check"], { main, cwd: image.workdir })).code).toBe(0);
    const questions = await run(["query", "@"], { main });
    expect(questions.stdout).toContain("@spend-per-day");
  });

  it("says what is missing when it is started without a ClickHouse", async () => {
    const data = join(directory, "no-store");
    const output = await run(["up"], { main, env: { WATCHKEEPER_DATA_DIR: data, WATCHKEEPER_HTTP_PORT: "0" } });
    expect(output.code).not.toBe(0);
    expect(output.stderr).toContain("CLICKHOUSE_URL");
  });

  it("is ready without the embedded engine, healthy by its own check, and writes nothing but data", async () => {
    const before = await filesBelow(image.workdir);
    const token = "a-token-for-this-test";
    // Nobody listens there: events wait in the log, and `up` is ready.
    const env = {
      CLICKHOUSE_URL: "http://127.0.0.1:1",
      WATCHKEEPER_HTTP_TOKEN: token,
      WATCHKEEPER_HTTP_HOST: "127.0.0.1",
    };
    const up = await start({ directory, main, token, env });
    try {
      const line = { timestamp: new Date().toISOString(), agent: "a", action: "b" };
      const posted = await up.post([line], "/v1/events", { authorization: `Bearer ${token}` });
      expect(await posted.json()).toEqual({ accepted: 1, rejected: [] });
      expect(await healthcheck(up)).toMatchObject({ code: 0, stdout: expect.stringContaining("200") });
      expect(await up.stop()).toBe(0);
      expect((await healthcheck(up)).code).toBe(1);
    } finally {
      await up.kill();
    }
    expect(await filesBelow(image.workdir)).toEqual(before);
  });
});

/** The check that the image names, as the container's engine runs it: in the working directory, with its variables. */
async function healthcheck({ directory: of }: Watchkeeper): Promise<Output> {
  const file = await readFile(join(ROOT, "Dockerfile"), "utf8");
  const [command = "", ...args] = JSON.parse(/^HEALTHCHECK.* CMD (\[.*\])$/m.exec(file)?.[1] ?? "[]") as string[];
  expect(command).toBe("node");
  const env = { PATH: process.env.PATH ?? "", WATCHKEEPER_DATA_DIR: join(of, "data") };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: image.workdir, env });
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr: "" }));
  });
}
