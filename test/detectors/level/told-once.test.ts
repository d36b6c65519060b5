import { describe, expect, it } from "vitest";
import { backtest } from "../../../detectors/backtest.ts";
import { spend } from "../../../detectors/spend.ts";
import { DAY_MS } from "../../../detectors/time/zones.ts";
import { toolFrequency } from "../../../detectors/tool-frequency.ts";
import type { Incident } from "../../../schemas/incident.ts";
import type { EventRecord } from "../../../schemas/journal.ts";
import { changingIncidents } from "../changing-incidents.ts";
import { configOf } from "../events.ts";
import { officeHours, random, simulate } from "../fleet.ts";
import { START } from "./weeks.ts";

describe("a shift that lasts, with incidents as in production", () => {
  it("is told on its first day; what goes on are notes of their own, so that nothing that was told speaks again", async () => {
    const next = random(4);
    const common = { agent: "a", zone: "UTC", share: officeHours, prices: { search: 0.02 } };
    const shift = START + 22.5 * DAY_MS;
    const weeks = simulate({ ...common, tools: { search: 20 } }, START, shift, next);
    const after = simulate({ ...common, tools: { search: 100 } }, shift, START + 40 * DAY_MS, next);
    async function* stream(): AsyncGenerator<EventRecord> {
      yield* [...weeks, ...after];
    }
    const told = new Map<string, Incident>();
    await backtest({
      detectors: [toolFrequency, spend],
      events: stream(),
      config: configOf({}),
      schedule: "7 */6 * * *",
      falseAlarmsPerWeek: 1,
      createWatch: changingIncidents((incident) => {
        if (incident.severity !== "info" || told.has(incident.id)) told.set(incident.id, incident);
      }),
      onAlert: () => undefined,
    });
    expect(told.size).toBeGreaterThan(0);
    for (const { posts } of told.values())
      for (const { at } of posts) expect(Math.floor((at - START) / DAY_MS)).toBe(22);
  });
});
