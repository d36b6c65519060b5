import { expect, it } from "vitest";
import { seeded, torture } from "../torture/torture.ts";

it("loses nothing and tells nothing twice through 20 kills of the whole process tree under load", async () => {
  const report = await torture({ kills: 20, agents: 30, random: seeded(20), say: () => undefined });
  expect(report).toMatchObject({
    stored: report.accepted,
    distinct: report.accepted,
    rolledUp: report.accepted,
    deadLetters: report.refused,
    wrongSpend: [],
    repeated: [],
    untold: [],
    messages: report.incidents,
  });
  expect(report.accepted).toBeGreaterThan(1000);
  expect(report.incidents).toBeGreaterThan(0);
}, 300_000);
