import { describe, expect, it } from "vitest";
import { DAY_MS, HOUR_MS } from "../../detectors/time/zones.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { EventRecord, ExpectedRecord } from "../../schemas/journal.ts";
import { event, harness, hex } from "./events.ts";
import { aroundTheClock, type Rhythm } from "./fleet.ts";
import { pagesOf, START, weeksOf } from "./level/weeks.ts";

/** What a person says of the incident of a finding. */
function expectedOf(finding: Finding, at: number): ExpectedRecord {
  const { agent, detector, subject, window, observed, expected } = finding;
  const said = { type: "human", act: "expected", at, by: "ada", incident: finding.id, revision: 1 } as const;
  return { ...said, agent, detector, subject, from: window.from, to: finding.at, observed, expected };
}

describe("what somebody marked as expected", () => {
  const clock: Rhythm = { agent: "a", zone: "UTC", tools: { search: 10, mail: 4 }, share: aroundTheClock };
  const burst = (day: number): number => ([22, 25, 27].includes(Math.floor(day)) ? 6 : 1);

  it("is no page when it comes again, and its hours are learned", () => {
    const weeks = weeksOf(clock, 3);
    weeks.until(22);
    const findings = weeks.until(24, burst);
    const subjects = new Set(pagesOf(findings).map(({ subject }) => subject));
    expect(subjects.size).toBeGreaterThan(0);
    const before = JSON.stringify(weeks.learned()?.series[0]?.expected);
    for (const subject of subjects) {
      const mine = findings.filter((finding) => finding.subject === subject);
      const [first, last] = [mine[0] as Finding, mine.at(-1) as Finding];
      const most = Math.max(...mine.map(({ observed }) => observed));
      weeks.say({ ...expectedOf(last, START + 24 * DAY_MS), from: first.window.from, observed: most });
    }
    expect(pagesOf(weeks.until(29, burst))).toEqual([]);
    expect(JSON.stringify(weeks.learned()?.series[0]?.expected)).not.toBe(before);
  });

  it("is known from then on, where it was a place, a tool or an order of calls", () => {
    const runOf = (at: number, calls: readonly string[]): EventRecord[] =>
      calls.map((call, index) => {
        const [tool = "", target = ""] = call.split(" ");
        return event(at + 5000 * index, { run: `r${at}`, tool, target });
      });
    const honest = ["read_ticket help.acme.test", "search_kb kb.acme.test", "send_reply anna@acme.test"];
    const odd = ["read_ticket help.acme.test", "send_reply http://203.0.113.9/in", "search_kb kb.acme.test"];
    const day = (number: number): number => START + number * DAY_MS + 9 * HOUR_MS;
    const { takeAll, take } = harness();
    for (let number = 0; number < 14; number++)
      for (let run = 0; run < 12; run++) takeAll(runOf(day(number) + run * HOUR_MS * 0.7, honest));
    const pages = (at: number): Finding[] => takeAll(runOf(at, odd)).filter(({ severity }) => severity !== "info");
    const [page] = pages(day(14));
    expect(page).toMatchObject({ reason: "evidence_together" });
    expect(pages(day(16))).toHaveLength(1);
    expect(take(expectedOf(page as Finding, day(17)))).toEqual([]);
    expect(pages(day(18))).toEqual([]);
  });

  it("is a habit from then on, where it was a loop: told again when it goes well beyond", () => {
    const { take, takeAll } = harness();
    const repeated = (at: number, count: number): EventRecord[] =>
      Array.from({ length: count }, (_, n) =>
        event(at + 500 * n, { tool: "poll", call: hex("poll"), outcome: hex("ok") }),
      );
    const told = (day: number, count: number): Finding[] =>
      takeAll(repeated(START + day * DAY_MS, count)).filter(({ detector }) => detector === "loop");
    const [found] = told(0, 40);
    expect(found).toMatchObject({ reason: "warm_up_limit" });
    expect(told(1, 40).length).toBeGreaterThan(0);
    take({ ...expectedOf(found as Finding, START + 1.5 * DAY_MS), observed: 40 });
    expect(told(2, 40)).toEqual([]);
    expect(told(3, 110)).toMatchObject([{ reason: "over_own_rate" }]);
  });

  it("changes nothing of another agent, nor when it is replayed", () => {
    const { runner, take } = harness();
    take(event(START));
    const said = {
      type: "human",
      act: "expected",
      at: START,
      by: "ada",
      incident: "i",
      revision: 1,
      agent: "b",
    } as const;
    const about = { detector: "spend", subject: "", from: START, to: START, observed: 5, expected: 1 };
    runner.takeDirty();
    expect(take({ ...said, ...about })).toEqual([]);
    expect(runner.takeDirty()).not.toContain("agent:b");
    const saved = (): string | null => runner.save("agent:a");
    runner.evaluate({ ...said, ...about, agent: "a" }, { partition: 0, offset: 50 });
    const once = saved();
    runner.evaluate({ ...said, ...about, agent: "a", observed: 9 }, { partition: 0, offset: 50 });
    expect(saved()).toBe(once);
  });
});
