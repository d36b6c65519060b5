import { describe, expect, it } from "vitest";
import { lineGenerator } from "../../../ingest/demo/line-generator.ts";
import { logNormal, pick, poisson, seeded } from "../../../ingest/demo/random.ts";
import { zoneWhereItIs } from "../../../ingest/demo/zones.ts";
import { createIntake } from "../../../ingest/intake/intake.ts";

describe("lines for load", () => {
  it("are accepted, about 400 bytes long, over the asked agents and tools, each with its own id", () => {
    const line = lineGenerator({ agents: 7, tools: 5, random: seeded(1) });
    const intake = createIntake({ lineBytes: 65_536, prices: [] });
    const at = Date.parse("2026-11-21T12:00:00Z");
    const lines = Array.from({ length: 600 }, () => line(at));
    const events = lines.map((text, i) => {
      const verdict = intake.line(Buffer.from(text), i + 1, {
        ...{ name: "x", arrivedAt: at, backfill: false, identify: () => ({ id: "made", source: "arrival" as const }) },
      });
      if (verdict.kind !== "event") throw new Error(`refused: ${text}`);
      return verdict.event;
    });
    const bytes = lines.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / lines.length;
    expect(bytes).toBeGreaterThan(340);
    expect(bytes).toBeLessThan(460);
    expect(new Set(events.map(({ agent }) => agent)).size).toBe(7);
    expect(new Set(events.map(({ id }) => id)).size).toBe(600);
    expect(new Set(events.map(({ kind, tool }) => `${kind} ${tool}`)).size).toBe(10);
    expect(events.filter(({ cost }) => cost !== undefined)).toHaveLength(200);
  });
});

describe("draws", () => {
  const random = seeded(5);
  const mean = (draw: () => number) => Array.from({ length: 4000 }, draw).reduce((a, b) => a + b, 0) / 4000;

  it("have the mean that was asked for", () => {
    expect(mean(() => poisson(4, random))).toBeCloseTo(4, 0);
    expect(mean(() => poisson(90, random)) / 90).toBeCloseTo(1, 1);
    expect(poisson(0, random)).toBe(0);
    expect(mean(() => Math.log(logNormal(10, 0.3, random)))).toBeCloseTo(Math.log(10), 1);
    expect(mean(() => pick([{ weight: 3 }, { weight: 1 }], random).weight)).toBeCloseTo(2.5, 0);
  });

  it("find a zone for any hour of any moment", () => {
    for (let hour = 0; hour < 24; hour++) {
      const now = Date.parse("2026-07-01T00:20:00Z") + hour * 5_000_000;
      const zone = zoneWhereItIs(3, now);
      const local = Number(
        new Intl.DateTimeFormat("en", { timeZone: zone, hour: "numeric", hourCycle: "h23" }).format(now),
      );
      expect([2, 3]).toContain(local);
    }
  });
});
