import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { policy } from "../../detectors/policy.ts";
import type { EventRecord } from "../../schemas/journal.ts";
import { detectorContract } from "../contract/detector-contract.ts";
import { configOf, event, harness } from "./events.ts";

const AT = Date.UTC(2026, 0, 27, 13, 32);
const MINUTE = 60_000;

/** What is said of one event under these settings of its agent. */
function said(settings: object, fields: Partial<EventRecord>) {
  return harness({ agents: { a: { timezone: "Europe/Berlin", ...settings } } }, [policy]).take(event(AT, fields));
}

detectorContract(policy, {
  config: configOf({ defaults: { tools: { deny: ["pay"], allow: ["search", "pay"] }, irreversible: ["mail", "pay"] } }),
  stateLimit: 12_000,
});

describe("lists of tools", () => {
  const tools = { allow: ["web_search", "read_*"], deny: ["delete_*"] };

  it("says which tool is denied, by which rule, and what happened", () => {
    const [finding] = said({ tools }, { tool: "delete_records", success: true });
    expect(finding).toMatchObject({
      detector: "policy",
      severity: "critical",
      subject: "denied_tool:delete_records",
      reason: "denied_tool",
      title: "used delete_records, which is denied",
      facts: ["1 time at 14:32 Berlin", 'rule: tools.deny "delete_*"'],
      why: "a written rule forbids it",
    });
  });

  it("deny goes before allow, and case dodges neither", () => {
    expect(said({ tools: { allow: ["*"], deny: ["delete_*"] } }, { tool: "Delete_All" })).toHaveLength(1);
    expect(said({ tools }, { tool: "READ_file" })).toEqual([]);
  });

  it("warns of a tool that is not on the list, and of a denied one that failed", () => {
    const unlisted = said({ tools }, { tool: "grant_access" });
    expect(unlisted).toMatchObject([{ severity: "warning", title: "used grant_access, which is not on its list" }]);
    const failed = said({ tools }, { tool: "delete_all", failed: true });
    expect(failed).toMatchObject([{ severity: "warning", facts: { 2: "the last one failed" } }]);
  });

  it("says nothing of decisions, of what is listed, or where nobody wrote a rule", () => {
    expect(said({ tools }, { tool: "delete everything?", kind: "decision" })).toEqual([]);
    expect(said({ tools }, { tool: "read_mail" })).toEqual([]);
    expect(said({}, { tool: "delete_all", permission_level: 4, target: "https://evil.example" })).toEqual([]);
  });

  it("are the agent's own, else those of all", () => {
    const { take } = harness({ defaults: { tools: { deny: ["shell"] } }, agents: { a: { tools: {} } } }, [policy]);
    expect(take(event(AT, { agent: "b", tool: "shell" }))).toHaveLength(1);
    expect(take(event(AT, { tool: "shell" }))).toEqual([]);
  });

  it("can be switched off", () => {
    expect(said({ tools, detectors: { policy: { enabled: false } } }, { tool: "delete_all" })).toEqual([]);
  });
});

describe("destinations", () => {
  const destinations = { allow: ["*.example.com", "example.com"], deny: ["bad.example.com"] };
  const reasons = (fields: Partial<EventRecord>) => said({ destinations }, fields).map(({ reason }) => reason);

  it.each([
    ["https://api.example.com/v1", []],
    ["api.example.com", []],
    ["eva@example.com", []],
    ["Eva <eva@mail.example.com>", []],
    ["https://bad.example.com", ["denied_destination"]],
    ["https://api.example.com@evil.test/x", ["unlisted_destination"]],
    ["http://2130706433/", ["unlisted_destination"]],
    ["203.0.113.7", ["unlisted_destination"]],
    ["https://[2001:db8::1]:8443/", ["unlisted_destination"]],
    ["eve@free.example.net", ["unlisted_destination"]],
    ["ok@example.com, eve@evil.test", ["unlisted_destination"]],
    ["api.evil.com", ["unlisted_destination"]],
    ["evil.zip:443", ["unlisted_destination"]],
    ["postgres://db.evil.test:5432/x", ["unlisted_destination"]],
    ["#alerts", []],
    ["src/main.ts", []],
    ["main.ts", []],
    ["public.customers", []],
    ["/etc/passwd", []],
    ["account 4711", []],
  ])("%s", (target, expected) => {
    expect(reasons({ target })).toEqual(expected);
  });

  it("are found in arguments that say where a call goes, not in texts that only speak of them", () => {
    const raw = (details: object) => JSON.stringify({ action: "send", details });
    expect(reasons({ raw: raw({ url: "https://evil.test/x" }) })).toEqual(["unlisted_destination"]);
    expect(reasons({ raw: raw({ to: ["eva@example.com", "eve@evil.test"] }) })).toEqual(["unlisted_destination"]);
    expect(reasons({ raw: raw({ message: "see https://evil.test/x" }) })).toEqual([]);
    expect(reasons({ endpoint: "chat.postMessage" })).toEqual([]);
  });
});

describe("permission levels and approvals", () => {
  it("compares what a call needs with what its agent has", () => {
    expect(said({ permissionLevel: 3 }, { permission_level: 3 })).toEqual([]);
    expect(said({ permissionLevel: 3 }, { permission_level: 4 })).toMatchObject([
      { severity: "warning", title: "used search at permission level 4, it has 3" },
    ]);
    expect(said({ permissionLevel: 0 }, {})).toMatchObject([{ severity: "critical", reason: "no_access" }]);
  });

  it("lets an agent that suggests do what a person approved", () => {
    expect(said({ permissionLevel: 2 }, { permission_level: 3, approved_by: "eva" })).toEqual([]);
    expect(said({ permissionLevel: 1 }, { permission_level: 3, approved_by: "eva" })).toHaveLength(1);
  });

  it.each([
    [0, ["no_access", "no_access", "no_access"]],
    [1, ["above_level", "not_approved", undefined]],
    [2, [undefined, "not_approved", undefined]],
    [3, [undefined, "not_approved", undefined]],
    [4, [undefined, "not_approved", undefined]],
  ])(
    "level %i: an irreversible call approved, not approved, and a plain one, whatever level they state",
    (level, rules) => {
      const settings = { permissionLevel: level, irreversible: ["pay"] };
      const calls: Partial<EventRecord>[] = [{ tool: "pay", approved_by: "eva" }, { tool: "pay" }, { tool: "search" }];
      expect(calls.map((call) => said(settings, call)[0]?.reason)).toEqual(rules);
      expect(said({ ...settings, permissionLevel: 1 }, calls[0] ?? {})[0]?.title).toBe(
        "did pay, which is irreversible, and may only read",
      );
    },
  );

  it("wants another name than the agent's own under what cannot be undone", () => {
    const settings = { irreversible: ["send_email"] };
    expect(said(settings, { tool: "send_email", approved_by: "eva" })).toEqual([]);
    expect(said(settings, { tool: "send_email", approved_by: "a, eva" })).toEqual([]);
    const alone = said(settings, { tool: "send_email" });
    expect(alone).toMatchObject([{ severity: "critical", title: "did send_email without approval" }]);
    expect(said(settings, { tool: "send_email", approved_by: " A " })).toMatchObject([{ why: "it approved itself" }]);
  });
});

describe("many breaches", () => {
  const tools = { deny: ["*"] };

  it("of one call are told once, the weightiest first", () => {
    const findings = said({ tools, irreversible: ["pay"], permissionLevel: 1 }, { tool: "pay", permission_level: 3 });
    expect(findings).toMatchObject([
      { reason: "denied_tool", facts: { 2: expect.stringContaining("also: no approval") } },
    ]);
  });

  it("of one tool are one incident, said at most once a minute, counted", () => {
    const { takeAll } = harness({ defaults: { tools } }, [policy]);
    const findings = takeAll(Array.from({ length: 120 }, (_, n) => event(AT + n * 1000, { tool: "shell" })));
    expect(new Set(findings.map(({ subject }) => subject)).size).toBe(1);
    expect(findings.map(({ observed }) => observed)).toEqual([1, 61]);
  });

  it("of many tools become at most four incidents", () => {
    const { takeAll } = harness({ defaults: { tools } }, [policy]);
    const findings = takeAll(Array.from({ length: 50 }, (_, n) => event(AT + n * 20_000, { tool: `tool ${n}` })));
    expect(new Set(findings.map(({ subject }) => subject)).size).toBe(4);
  });

  it("are seen in late events, never in history", () => {
    const { take } = harness({ defaults: { tools } }, [policy]);
    expect(take(event(AT, { backfill: true }))).toEqual([]);
    expect(take(event(AT, { clock: "late", judged_at: AT - 60 * MINUTE }))).toHaveLength(1);
  });
});

it("never takes a made-up target for more than text, and never throws", () => {
  const { take } = harness({ defaults: { destinations: { allow: ["x"] }, tools: { deny: ["a*b*c"] } } }, [policy]);
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.json(), (target, endpoint, raw) => {
      for (const { title } of take(event(AT, { target, endpoint, raw }))) expect(title.length).toBeLessThan(140);
    }),
  );
});
