import { describe, expect, it } from "vitest";
import { DETECTORS } from "../../detectors/registry.ts";
import { detectorContract } from "../contract/detector-contract.ts";
import { configOf } from "./events.ts";

const config = configOf({
  defaults: {
    budgets: [
      { amount: 5, unit: "usd", period: "hour" },
      { amount: 30, unit: "calls", period: "day" },
    ],
  },
});

for (const detector of DETECTORS) detectorContract(detector, { config, stateLimit: 60_000 });

describe("the registry", () => {
  it("names each detector once", () => {
    expect(new Set(DETECTORS.map((d) => d.name)).size).toBe(DETECTORS.length);
    expect(DETECTORS.map((d) => d.name).sort()).toEqual([
      "budget",
      "error-loop",
      "integrity",
      "loop",
      "novelty",
      "off-hours",
      "outbound",
      "policy",
      "price-coverage",
      "resource",
      "secret-leak",
      "silence",
      "spend",
      "tool-frequency",
    ]);
  });
});
