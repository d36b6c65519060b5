import { expect, it } from "vitest";
import { createScene, paidCall } from "./scene.ts";
import { run, settled, until } from "./watchkeeper.ts";

const scene = createScene();

const SHORT = "limits: { lineBytes: 1KiB }\n";
const LONG = "limits: { lineBytes: 128KiB }\n";
const padded = (agent: string, bytes: number, fields: Record<string, unknown> = {}) =>
  paidCall(agent, 1, { note: "x".repeat(bytes), ...fields });

interface Listed {
  readonly id: string;
  readonly source: string;
  readonly code: string;
}

it("lists refused lines, brings back what can be brought back, and adds nothing the second time", async () => {
  const directory = await scene.directory();
  const first = await scene.start({ directory, config: SHORT });
  const answer = await first.post(
    [
      padded("own_id", 2_000, { id: "mine" }),
      padded("no_id", 2_000),
      "\u001b[31mnot json at all",
      padded("secret", 2_000, { details: "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH" }),
      padded("cut", 70_000),
    ],
    "/v1/events",
    { "idempotency-key": "bad-lines" },
  );
  expect(await answer.json()).toMatchObject({ accepted: 0 });
  await settled(first);
  await until(async () => (await first.number("SELECT count() FROM dead_letters")) === 5);
  const beside = await first.command("deadletters", "list");
  expect(beside).toContain("not_json");
  expect(beside).not.toContain("\u001b");
  expect(beside).not.toContain("sk-proj-");
  expect(await first.command("deadletters", "list", "--source", "elsewhere")).toBe("No dead letters.\n");
  expect(await first.stop()).toBe(0);

  const env = { WATCHKEEPER_DATA_DIR: `${directory}/data`, WATCHKEEPER_CONFIG: `${directory}/watchkeeper.yaml` };
  const alone = await run(["deadletters", "list", "--format", "json", "--since", "now-1h"], { env });
  const letters = alone.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Listed);
  expect(letters.map(({ code }) => code).sort()).toEqual(["not_json", "too_long", "too_long", "too_long", "too_long"]);
  expect(new Set(letters.map(({ source }) => source))).toEqual(new Set(["http:bad-lines"]));
  const stopped = await run(["deadletters", "replay", "--since", "now-1h"], { env });
  expect([stopped.code, stopped.stdout]).toEqual([1, ""]);
  expect(stopped.stderr).toContain("No `up` runs");

  const up = await scene.start({ directory, config: LONG });
  expect(await run(["deadletters", "replay"], { env })).toMatchObject({ code: 2 });
  const replay = async (...args: string[]) => {
    const { code, stdout } = await run(["deadletters", "replay", ...args], { env });
    expect(stdout).not.toContain("\u001b");
    return { code, kinds: stdout.split("\n").map((line) => line.split(" ")[0]) };
  };
  const all = await replay("--source", "http:bad-lines");
  expect(all.code).toBe(1);
  expect(all.kinds.filter((kind) => kind !== "").sort()).toEqual([
    "accepted",
    "accepted",
    "impossible",
    "impossible",
    "refused",
  ]);
  await settled(up);
  await until(async () => (await up.number("SELECT count() FROM events")) === 2);
  const ids = letters.map(({ id }) => id).filter((id) => /#[12]~/.test(id));
  expect(await replay(...ids)).toEqual({ code: 0, kinds: ["there", "there", ""] });
  expect(await replay("no-such-letter")).toEqual({ code: 1, kinds: ["unknown", ""] });
  await settled(up);
  const rows = await up.ask<{ agent: string; id: string }>("SELECT agent, id FROM events ORDER BY agent");
  expect(rows).toEqual([
    { agent: "no_id", id: expect.stringMatching(/^dead:bad-lines#2~[0-9a-f]{16}#1$/) },
    { agent: "own_id", id: "mine" },
  ]);
  expect(await up.number("SELECT count() FROM dead_letters")).toBe(5);
  expect(await up.stop()).toBe(0);
});
