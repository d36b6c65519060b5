import { describe, expect, it } from "vitest";
import { backoff } from "../../alerting/send/backoff.ts";
import { createBucket } from "../../alerting/send/pace.ts";
import { createRouter } from "../../alerting/send/route.ts";
import { createTerminalSink } from "../../alerting/sinks/terminal.ts";
import { sendTestMessages } from "../../alerting/test-message.ts";
import { configSchema } from "../../schemas/config.ts";
import { textSink } from "./harness.ts";

describe("the channel of an incident", () => {
  const config = configSchema.parse({
    agents: { a: { team: "growth" } },
    routes: [
      { match: { team: "growth", severity: "critical" }, channel: "#growth-oncall" },
      { match: { detector: "budget" }, channel: "#money" },
    ],
  });
  const channelOf = createRouter(config, "#all");

  it.each([
    ["a", "loop", "critical", "#growth-oncall"],
    ["a", "budget", "critical", "#growth-oncall"],
    ["a", "budget", "warning", "#money"],
    ["a", "loop", "warning", "#all"],
    ["__proto__", "loop", "critical", "#all"],
  ] as const)("%s %s %s: %s", (agent, detector, severity, channel) => {
    expect(channelOf({ scope: { kind: "agent", name: agent }, agent, detector, severity })).toBe(channel);
  });

  it("follows the team for a total of the team, and takes a credential of that name for none", () => {
    const of = { agent: "", detector: "budget", severity: "critical" } as const;
    expect(channelOf({ scope: { kind: "team", name: "growth" }, ...of })).toBe("#growth-oncall");
    expect(channelOf({ scope: { kind: "credential", name: "growth" }, ...of })).toBe("#money");
  });
});

describe("pace", () => {
  it("takes a burst, then one at a time, and says when", () => {
    const bucket = createBucket(3, 1000);
    expect([1, 2, 3, 4].map(() => bucket.take(0))).toEqual([true, true, true, false]);
    expect(bucket.readyAt(0)).toBe(1000);
    expect(bucket.take(999)).toBe(false);
    expect(bucket.take(1000)).toBe(true);
    expect(bucket.readyAt(1000, 2)).toBe(3000);
  });

  it("never saves up more than the burst", () => {
    const bucket = createBucket(2, 1000);
    expect([1, 2, 3].map(() => bucket.take(1_000_000))).toEqual([true, true, false]);
  });

  it("waits longer after each failure, at most 15 s", () => {
    expect([1, 2, 3].map((n) => backoff(n, () => 1))).toEqual([500, 1000, 2000]);
    expect(backoff(1000, () => 0)).toBe(7_500);
  });
});

it("a test message goes to every channel once, or to the sink's only one", async () => {
  const { stream, text } = textSink();
  const sink = createTerminalSink({ stream, colors: false, timezoneOf: () => "UTC" });
  const results = await sendTestMessages([sink], ["#a", "#b", "#a"]);
  expect(results).toMatchObject([{ sink: "terminal", channel: "terminal", ok: true }]);
  expect(text()).toContain("test message");
});
