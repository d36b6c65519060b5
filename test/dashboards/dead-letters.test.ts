import { expect, it } from "vitest";
import type { Ask } from "../../dashboards/ask.ts";
import { listDeadLetters } from "../../dashboards/dead-letters.ts";
import { replayDeadLetters } from "../../dashboards/replay-dead-letters.ts";
import { collector } from "./demo-store.ts";

const letter = (bytes: string, size: number) => ({
  ...{ id: "d1", arrived_at: "2026-11-21 12:00:00.000", source: "http", line: 2, code: "not_json" },
  ...{ reason: "not JSON at byte 1", bytes, encoding: "utf8", size },
});

async function listed(bytes: string, size: number, columns?: number): Promise<string> {
  const out = { ...collector(), columns };
  const ask: Ask = async function* () {
    yield letter(bytes, size);
  };
  await listDeadLetters({ ask, out, format: "text", timezone: "UTC", limit: 5, now: 0 });
  return out.text();
}

it("counts a single byte as one", async () => {
  expect(await listed("x", 1)).toContain("line 2, 1 byte\n");
  expect(await listed("xy", 2)).toContain("line 2, 2 bytes\n");
});

it("cuts a line to the terminal, and only there", async () => {
  const long = "x".repeat(300);
  expect(await listed(long, 300)).toContain(`  ${long}\n`);
  const narrow = await listed(long, 300, 80);
  expect(narrow.split("\n").at(-2)).toMatch(/^ {2}x{77}…$/);
});

it("says so where there is nothing to bring back", async () => {
  const out = { ...collector(), columns: undefined };
  const ask: Ask = async function* () {};
  const openReplay = async () => async () => ({ kind: "accepted", why: "" }) as const;
  expect(await replayDeadLetters({ ids: [], chosen: { since: "now-1d" }, ask, openReplay, out, now: 0 })).toBe(true);
  expect(out.text()).toBe("No dead letters.\n");
});
