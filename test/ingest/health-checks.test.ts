import { describe, expect, it } from "vitest";
import { healthChecks } from "../../ingest/health-checks.ts";

const log = { health: () => ({ ok: true, detail: "Kafka takes records" }) };

describe("what /readyz looks at", () => {
  it("is what runs here", () => {
    expect(healthChecks({ log })).toEqual([{ name: "log", ok: true, detail: "Kafka takes records" }]);
    const all = healthChecks({
      log,
      inlet: { behindMs: () => 0 },
      watch: { behindMs: () => 0 },
      sender: { health: () => ({ ok: true, problems: [] }) },
      store: { state: () => "writing" },
      incidents: { isComplete: () => true },
    });
    expect(all.map(({ name }) => name)).toEqual(["log", "intake", "watch", "store", "sends", "web"]);
    expect(all.every(({ ok }) => ok)).toBe(true);
  });

  it("turns nobody away for a store or a Slack that is down, but for readers that are stuck", () => {
    const checks = healthChecks({
      log,
      inlet: { behindMs: () => 61_000 },
      watch: { behindMs: () => 59_000 },
      sender: { health: () => ({ ok: false, problems: ["Slack refuses."] }) },
      store: { state: () => "not up" },
      incidents: { isComplete: () => false },
    });
    expect(checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`)).toEqual([
      "intake: 61 s behind",
      "web: incidents are being read",
    ]);
    expect(checks.find(({ name }) => name === "sends")?.detail).toBe("Slack refuses.");
  });
});
