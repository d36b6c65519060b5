import { describe, expect, it } from "vitest";
import { createIncidentCommands } from "../../dashboards/incidents.ts";

const one = {
  id: "0123456789abcdef",
  scope: { kind: "agent", name: "competitor_monitor" },
  agent: "competitor_monitor",
  detector: "tool-frequency",
  subject: "web_search",
  state: "acknowledged",
  severity: "warning",
  title: "uses web_search 5 times as often as usual",
  observed: 50,
  expected: 10,
  openedAt: "2026-01-27T13:32:15.000Z",
  updatedAt: "2026-01-27T13:32:15.000Z",
  resolvedAt: null,
  acknowledgedBy: "ada",
};

function commandsOver(answer: unknown) {
  const asked: unknown[] = [];
  let text = "";
  const commands = createIncidentCommands({
    async ask(path, body) {
      asked.push([path, body]);
      return answer;
    },
    out: {
      columns: undefined,
      async write(part) {
        text += part;
      },
    },
    timezone: "Europe/Berlin",
  });
  return { commands, asked, text: () => text };
}

describe("incidents on a terminal", () => {
  it("are listed with their ids, what was told, since when, and who sees to them", async () => {
    const { commands, asked, text } = commandsOver({ incidents: [one] });
    await commands.list({ state: "open", format: "text" });
    expect(asked).toEqual([["/v1/incidents?state=open", undefined]]);
    expect(text()).toBe(
      "0123456789abcdef  warning   competitor_monitor uses web_search 5 times as often as usual\n" +
        "  tool-frequency, opened Tue 27 Jan 14:32, acknowledged by ada\n",
    );
  });

  it("name a total of several agents as its message does", async () => {
    const shared = [
      [{ kind: "team", name: "growth" }, "team growth uses"],
      [{ kind: "fleet", name: "fleet" }, "the fleet uses"],
      [{ kind: "credential", name: "openai-main" }, "credential openai-main uses"],
    ] as const;
    for (const [scope, said] of shared) {
      const { commands, text } = commandsOver({ incidents: [{ ...one, scope, agent: "" }] });
      await commands.list({ state: "open", format: "text" });
      expect(text()).toContain(`warning   ${said}`);
    }
  });

  it("say when they ended, and that there are none", async () => {
    const ended = { ...one, state: "resolved", resolvedAt: "2026-01-27T14:00:00.000Z", acknowledgedBy: null };
    const resolved = commandsOver({ incidents: [ended] });
    await resolved.commands.list({ state: "all", format: "text" });
    expect(resolved.text()).toContain("opened Tue 27 Jan 14:32, resolved Tue 27 Jan 15:00\n");
    const none = commandsOver({ incidents: [] });
    await none.commands.list({ state: "open", format: "text" });
    expect(none.text()).toBe("No open incidents.\n");
  });

  it("are one object a line as JSON, whole, and obey no agent on a terminal", async () => {
    const odd = { ...one, title: "uses \u001b[31mred" };
    const json = commandsOver({ incidents: [odd, one] });
    await json.commands.list({ state: "open", format: "json" });
    expect(
      json
        .text()
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([odd, one]);
    const text = commandsOver({ incidents: [odd] });
    await text.commands.list({ state: "open", format: "text" });
    expect(`${json.text()}${text.text()}`).not.toContain("\u001b");
  });

  it("are acknowledged, or said to be expected, by their id and a name", async () => {
    const { commands, asked, text } = commandsOver({ incident: { ...one, acknowledgedBy: null } });
    await commands.ack("a/b", { by: "ada" });
    await commands.expected(one.id, { by: "ada" });
    expect(asked).toEqual([
      ["/v1/incidents/a%2Fb/ack", { by: "ada" }],
      ["/v1/incidents/0123456789abcdef/expected", { by: "ada" }],
    ]);
    expect(text()).toContain("acknowledged: competitor_monitor uses web_search 5 times as often as usual\n");
    const later = commandsOver({ incident: one });
    await later.commands.ack(one.id, { by: "bob" });
    expect(later.text()).toContain("acknowledged already by ada: competitor_monitor");
    expect(text()).toContain("expected: competitor_monitor uses web_search 5 times as often as usual\n");
  });
});
