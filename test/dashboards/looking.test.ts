import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Ask, Row } from "../../dashboards/ask.ts";
import { writeEvents } from "../../dashboards/events.ts";
import { columnsOf } from "../../dashboards/plain-text.ts";
import { openQueryCatalog, readyQuery } from "../../dashboards/query-catalog.ts";
import { review } from "../../dashboards/review/build-review.ts";
import { choosePeriod } from "../../dashboards/review/period.ts";
import { renderReviewText } from "../../dashboards/review/render-review.ts";
import { parseConfig } from "../../ingest/settings/load-config.ts";
import { type RunningEngine, runEngine } from "../ingest/engine/running-engine.ts";
import { askThrough, collector, fill, HOSTILE, NOW } from "./demo-store.ts";

const config = parseConfig({
  agents: {
    busy: {
      team: "growth",
      timezone: "Europe/Berlin",
      budgets: [
        { amount: 10, unit: "usd", period: "day" },
        { amount: 300, unit: "uses", tool: "open*", period: "month" },
      ],
    },
  },
});

let running: RunningEngine;
let ask: Ask;
beforeAll(async () => {
  running = await runEngine();
  await fill(running.writer);
  ask = askThrough(running.reader);
});
afterAll(async () => {
  await running?.close();
});

async function rowsOf(name: string, given: Record<string, unknown> = {}): Promise<Row[]> {
  const { sql, params } = readyQuery(openQueryCatalog().find(name), given, NOW);
  const rows: Row[] = [];
  for await (const row of ask(sql, params)) rows.push(row);
  return rows;
}

const thisWeek = () => review({ ask, period: choosePeriod({}, "UTC", NOW), config, now: NOW });

describe("the questions", () => {
  const needed: Record<string, Record<string, unknown>> = {
    "budget-usage": { agents: ["busy"], amount: "10" },
    timeline: { agent: "busy" },
    baselines: { agent: "busy" },
    triggers: { agent: "steady", run: "r1" },
  };

  it.each(openQueryCatalog().queries.map(({ name }) => name))("@%s is answered to the reader", async (name) => {
    const rows = await rowsOf(name, { ...needed[name] });
    const isEmpty = ["baselines", "findings"].includes(name);
    if (!isEmpty) expect(rows.length).toBeGreaterThan(0);
  });

  it("give money exactly and whole numbers as numbers", async () => {
    const busy = (await rowsOf("agents", { since: "2026-11-16" })).find(({ agent }) => agent === "busy");
    expect(busy).toMatchObject({ spend: "47.6", api_calls: 132, without_price: 13, decisions: 1 });
    expect(busy).toMatchObject({ paid: 132, without_price_percent: 9.8 });
  });

  it("take the share without a price of what should have one, not of what costs nothing", async () => {
    const evil = (await rowsOf("agents", { since: "2026-11-16" })).find(({ agent }) => agent === HOSTILE);
    expect(evil).toMatchObject({ actions: 2, paid: 1, without_price: 1, without_price_percent: 100 });
  });

  it("do not let a value out of its place", async () => {
    expect(await rowsOf("timeline", { agent: "x' OR 1=1 --" })).toEqual([]);
    expect(await rowsOf("timeline", { agent: "back\\slash\ttab\nline" })).toEqual([]);
  });
});

describe("the review", () => {
  it("says of each agent what it did, spent, may spend, used, and what was unusual", async () => {
    const { agents, fleet, deadLetters, sends, period } = await thisWeek();
    expect(period).toMatchObject({ name: "2026-W47", complete: false });
    expect(agents.map(({ agent }) => agent)).toEqual(["busy", HOSTILE, "steady"]);
    const busy = agents.find(({ agent }) => agent === "busy");
    expect(busy).toMatchObject({
      team: "growth",
      newTools: ["delete_page"],
      learning: { state: "learning", days: 3, needed: 7 },
      totals: { actions: 1, apiCalls: 132, decisions: 1, spend: "47.6" },
      unusual: [{ severity: "critical", state: "resolved", observed: 2, expected: 0.4, lastedMs: 5_400_000 }],
    });
    expect(busy?.budgets[0]).toMatchObject({ unit: "usd", worstUsed: "8.8", worstPercent: 88, periodsOver: 0 });
    expect(busy?.budgets[1]).toMatchObject({ unit: "uses", tool: "open*", worstUsed: "240", worstPercent: 80 });
    expect(busy?.tools[0]).toMatchObject({ tool: "openai", calls: 132, unpriced: 13, isNew: false });
    expect(fleet.agents).toBe(3);
    expect(deadLetters).toMatchObject({ total: 1, reasons: [{ code: "not_json", example: "not JSON at byte 3" }] });
    expect(sends).toEqual({ total: 2, failures: [{ sink: "slack", error: "channel_not_found", count: 1 }] });
  });

  it("reads well in 100 columns, those that need a look first, nothing that a terminal obeys", async () => {
    const text = renderReviewText(await thisWeek());
    expect(text.split("\n").filter((line) => columnsOf(line) > 100)).toEqual([]);
    expect(text).toMatch(/NEEDS A LOOK\n\nbusy {2}growth/);
    expect(text).toContain("learning, 3 of 7 days");
    expect(text).toMatch(/\$47\.60 \(9\.8 % of paid calls have no price\)/);
    expect(text).toContain("1 refused line (not_json 1)");
    expect(text).toContain("evilbot");
    expect(text).not.toMatch(/[^\P{C}\n]/u);
  });

  it("names as many reasons of refused lines as a line holds, and says that there are more", async () => {
    const reasons = ["ambiguous_kind", "invalid_timestamp", "missing_timestamp", "not_an_object"];
    const deadLetters = { total: 8, reasons: reasons.map((code) => ({ code, count: 2, example: "" })) };
    expect(renderReviewText({ ...(await thisWeek()), deadLetters })).toContain(
      "\n8 refused lines (ambiguous_kind 2, invalid_timestamp 2, missing_timestamp 2, …)",
    );
  });

  it("shows the false pages asked for beside those that were told", async () => {
    const week = await thisWeek();
    expect(week.falseAlarms).toMatchObject({ asked: 2, expected: 0.5, pages: 2, unjudged: 2 });
    expect(renderReviewText(week)).toContain("2 pages told (2 unjudged) · false pages asked for: 2 a week");
    const uncalibrated = renderReviewText({ ...week, falseAlarms: null });
    expect(uncalibrated).not.toContain("false pages");
    expect(uncalibrated).not.toContain("\n\n\n");
  });

  it("names the totals of several agents by themselves, not as agents", async () => {
    const { shared } = await thisWeek();
    expect(shared).toMatchObject([
      { scope: { kind: "team", name: "growth" }, unusual: [{ detector: "budget", observed: 71 }] },
    ]);
    expect(renderReviewText(await thisWeek())).toMatch(
      /TOTALS OF SEVERAL AGENTS\n\nteam growth\n {2}CRITICAL used 70 % of this week's budget/,
    );
  });

  it("says since when an incident is open, not since when somebody sees to it, which it does not know", async () => {
    const week = await thisWeek();
    const agents = week.agents.map((agent) => ({
      ...agent,
      unusual: agent.unusual.map((thing) => ({ ...thing, state: "acknowledged" as const })),
    }));
    expect(renderReviewText({ ...week, agents })).toContain("open for 1 h 30 min, acknowledged");
  });

  it("of an empty time says so", async () => {
    const text = renderReviewText(
      await review({ ask, period: choosePeriod({ month: "2020-01" }, "UTC", NOW), config, now: NOW }),
    );
    expect(text).toContain("No agent did anything");
  });
});

describe("the events of an agent", () => {
  const write = async (options: Partial<Parameters<typeof writeEvents>[0]>) => {
    const out = collector();
    const count = await writeEvents({ ask, agent: "busy", format: "text", timezone: "UTC", now: NOW, out, ...options });
    return { count, text: out.text() };
  };

  it("come in order, one JSON object a line, all of them without a range", async () => {
    const { count, text } = await write({ format: "json" });
    const events = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(count).toBe(242);
    expect(events).toHaveLength(242);
    const moments = events.map((event) => String(event.timestamp));
    expect(moments).toEqual([...moments].sort());
    expect(events.find((event) => event.tool === "delete_page")).toMatchObject({
      ...{ timestamp: "2026-11-18T12:00:00.000Z", agent: "busy", kind: "action", parent: "e0", trigger: "person:dana" },
      ...{ run: null, topic: "agent-journal", partition: 0, raw: "{}", cost: null },
    });
  });

  it("name the option that is no time", async () => {
    await expect(write({ from: "tomorrow" })).rejects.toThrow(/^--from must be a time such as/);
    await expect(write({ to: "2026-13-01" })).rejects.toThrow(/^--to must be a time such as/);
  });

  it("can be cut to a time, its end not included", async () => {
    const { count } = await write({ from: "2026-11-20T00:00:01Z", to: "2026-11-20T02:00:01Z", format: "json" });
    expect(count).toBe(2);
    expect((await write({ from: "now-2h" })).count).toBe(2);
  });

  it("are readable as text: a day's heading, what, what for, cost, failure, and what triggered it", async () => {
    const { text } = await write({});
    expect(text).toMatch(/^Wed 11 Nov 2026, UTC\n12:00:01 {2}api {6}openai +\/v1\/chat +no price, FAILED 503\n/);
    expect(text).toMatch(/\n13:00:01 {2}api {6}openai +\/v1\/chat +\$0\.40\n/);
    expect(text).toMatch(/12:00:00 {2}action {3}delete_page +← e0\n/);
    expect(text).toMatch(/decision stop +enough\n/);
  });

  it("show an amount in another currency as it was reported", async () => {
    expect((await write({ agent: HOSTILE })).text).toMatch(/action {3}think +0\.5 EUR, no price in dollars\n/);
  });

  it("names a parent that was seen, and never passes on what a terminal obeys", async () => {
    expect((await write({ agent: HOSTILE })).text).toMatch(/action {3}bash\n/);
    expect((await write({ agent: "nobody" })).text).toBe("No events of nobody in this time.\n");
  });

  it("are read in pages, so that no limit on an answer cuts the record", async () => {
    let asked = 0;
    const counting: Ask = (sql, params) => {
      asked += 1;
      return ask(sql, params);
    };
    const all = await write({ ask: counting, format: "json" });
    expect(asked).toBe(1);
    const paged = await write({ ask: counting, format: "json", pageRows: 50 });
    expect(asked).toBe(1 + 5);
    expect(paged.text).toBe(all.text);
  });
});
