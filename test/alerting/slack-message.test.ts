import { describe, expect, it } from "vitest";
import { renderSlack } from "../../alerting/sinks/slack-message.ts";
import { code, mrkdwn } from "../../alerting/sinks/slack-text.ts";
import { AT, budget, finding, incidentOf } from "./sample.ts";

const berlin = () => "Europe/Berlin";

describe("text of events is data", () => {
  it.each([
    ["<!here>", "&lt;!here&gt;"],
    ["<@U123> <#C1> <https://x|y>", "&lt;@U123&gt; &lt;#C1&gt; &lt;https://x|y&gt;"],
    ["*bold* _it_ ~gone~ `code`", "∗bold∗ ＿it＿ ∼gone∼ 'code'"],
    ["web_search", "web_search"],
    [">quote", "›quote"],
    ["a & b", "a &amp; b"],
    [":white_check_mark: done", "∶white_check_mark: done"],
    [":100: :8ball: :+1: :größe:", "∶100: ∶8ball: ∶+1: ∶größe:"],
    ["14:32:12", "14:32:12"],
    ["one\ntwo\u2028three", "one two three"],
  ])("%s", (text, expected) => {
    expect(mrkdwn(text, 100)).toBe(expected);
  });

  it("cannot spell a mention", () => {
    expect(mrkdwn("@channel @here @everyone", 100)).not.toMatch(/@(channel|here|everyone)/);
  });

  it("is cut, with what it is cut to before escaping", () => {
    expect(mrkdwn("&".repeat(50), 10)).toBe(`${"&amp;".repeat(9)}…`);
    expect(code("`".repeat(3), 10)).toBe("`'''`");
  });
});

describe("a message", () => {
  it("shows agent, what, facts, why, the last events and the state", () => {
    const one = budget(70, { why: "38 calls to openai since 13:00 (usual at this hour: 9 to 14)" });
    const { text, blocks } = renderSlack({ kind: "incident", incident: incidentOf(one) }, "full", berlin);
    expect(text).toBe(":warning: *competitor_monitor* used 70 % of today's budget");
    expect(blocks).toHaveLength(1);
    expect(blocks[0]?.text).toMatchObject({ type: "mrkdwn", verbatim: true });
    expect(blocks[0]?.text.text.split("\n")).toEqual([
      ":warning: *competitor_monitor* used 70 % of today's budget",
      "$7.00 of $10.00 at 14:32 Berlin",
      "Why: 38 calls to openai since 13:00 (usual at this hour: 9 to 14)",
      'Last: 14:32:15 `web_search` "acme prices" $0.01',
      "warning, open since 14:32:15 Europe/Berlin",
    ]);
  });

  it("says once that a limit is reached", () => {
    const replyTo = (title: string) =>
      renderSlack({ kind: "reply", incident: incidentOf({ ...budget(100), title }), step: "limit" }, "full", berlin)
        .text;
    expect(replyTo("limit reached: used 104 % of today's budget")).toMatch(
      /^:\w+: \*competitor_monitor\* limit reached: used 104 % of today's budget$/,
    );
    expect(replyTo("used 100 % of today's budget")).toMatch(/^:\w+: limit reached: \*competitor_monitor\* used 100 %/);
  });

  it("says when it is over, how long it lasted and what it cost", () => {
    const incident = { ...incidentOf(budget(41)), state: "resolved", resolvedAt: AT + 130 * 60_000 } as const;
    const { text } = renderSlack({ kind: "incident", incident }, "full", berlin);
    expect(text).toContain("resolved: new day · lasted 2 h 10 min · cost $4.10 so far");
    expect(text).toMatch(/^:white_check_mark:/);
  });

  it("keeps Slack's limits whatever it is given", () => {
    const facts = Array<string>(50).fill("&".repeat(5000));
    const events = Array.from({ length: 50 }, () => ({ ...(finding().events[0] as object), note: "<".repeat(5000) }));
    const incident = incidentOf(finding({ facts, why: ">".repeat(9000), events: events as never }));
    for (const detail of ["full", "short"] as const) {
      const { blocks, text } = renderSlack({ kind: "incident", incident }, detail, berlin);
      for (const block of blocks) expect(block.text.text.length).toBeLessThanOrEqual(3000);
      expect(text.length).toBeLessThan(4000);
    }
  });

  it("shows every line of a group, whatever the agents call themselves", () => {
    const incidents = Array.from({ length: 30 }, (_, index) =>
      incidentOf(finding({ agent: `agent ${index} ${"&".repeat(70)}`, title: `used ${"<".repeat(60)} 5 times` })),
    );
    const { blocks } = renderSlack({ kind: "group", incidents, changed: new Set() }, "full", berlin);
    const lines = blocks.flatMap((block) => block.text.text.split("\n"));
    expect(lines).toHaveLength(31);
    expect(blocks.length).toBeLessThanOrEqual(50);
    for (const block of blocks) expect(block.text.text.length).toBeLessThanOrEqual(3000);
    const reminder = renderSlack({ kind: "reminder", incidents, now: AT }, "full", berlin);
    expect(reminder.blocks.flatMap((block) => block.text.text.split("\n"))).toHaveLength(30);
  });

  it("says so when a name consists of nothing that can be shown", () => {
    const incident = incidentOf(finding({ agent: "\u200b\u202e" }));
    expect(renderSlack({ kind: "incident", incident }, "full", berlin).text).toContain("*(unreadable name)*");
  });
});
