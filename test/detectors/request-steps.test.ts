import { describe, expect, it } from "vitest";
import type { Finding } from "../../schemas/finding.ts";
import type { EventRecord } from "../../schemas/journal.ts";
import { event, type Harness, harness } from "./events.ts";

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 5, 9);
let runs = 0;

/** Calls of one run, 5 seconds apart, each "tool destination". */
function run(at: number, trigger: string, ...calls: readonly string[]): EventRecord[] {
  const name = `r${runs++}`;
  return calls.map((call, index) => {
    const [tool = "", to] = call.split(" ");
    const raw = JSON.stringify({ action: tool, details: to === undefined ? {} : { recipient: to } });
    return event(at + 5000 * index, { run: name, tool, trigger, raw });
  });
}

const summary = (at: number, day: number, ...more: readonly string[]) =>
  run(at, `summarise what came in on day ${day}`, "read_inbox", "write_summary", ...more);
const payment = (at: number, to: string, ...more: readonly string[]) =>
  run(at, `transfer the agreed amount to ${to}`, "read_inbox", `send_money ${to}`, ...more);

/** Sixty days of three summaries and three payments, each to somebody who is named in its request. */
function known(): Harness {
  const made = harness();
  for (let day = 0; day < 60; day++)
    for (let n = 0; n < 3; n++) {
      const at = START + day * DAY_MS + n * 3_600_000;
      made.takeAll(summary(at, day));
      made.takeAll(payment(at + 1_800_000, `payee-${(3 * day + n) % 50}`));
    }
  return made;
}

const LATER = START + 60 * DAY_MS;
const pages = (findings: readonly Finding[]) => findings.filter(({ severity }) => severity !== "info");

describe("what runs with such a request never do", () => {
  it("is odd of a tool that other runs use every day, and says of how many", () => {
    const found = known().takeAll(summary(LATER, 61, "send_money mallory-77"));
    expect(pages(found)).toHaveLength(1);
    expect(JSON.stringify(pages(found))).toMatch(/uses send_money, as \d+ runs with such a request did not/);
  });

  it("is odd of a place to which nobody asked it to go, not of one that the request names", () => {
    const { takeAll } = known();
    expect(takeAll(payment(LATER, "somebody-new"))).toEqual([]);
    const found = takeAll(payment(LATER + 3_600_000, "payee-7", "send_money mallory-77"));
    expect(JSON.stringify(found)).toContain("send_money goes to mallory-77 unasked");
  });

  it("is nothing of a tool that only looks", () => {
    expect(known().takeAll(summary(LATER, 61, "get_calendar", "read_inbox"))).toHaveLength(1);
    const { takeAll } = known();
    for (const day of [0, 1, 2]) takeAll(run(LATER + day * DAY_MS, "which dates are free", "get_calendar"));
    const found = takeAll(summary(LATER + 3 * DAY_MS, 64, "get_calendar"));
    expect(JSON.stringify(found)).not.toContain("such a request");
  });

  it("is told of the first run of a day, not of each, and learned when it lasts for seven days", () => {
    const { takeAll } = known();
    const told = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((day) =>
      [0, 1, 2, 3, 4, 5].map((hour) => {
        const at = LATER + day * DAY_MS + hour * 3_600_000;
        return pages(takeAll(summary(at, 61 + day, "send_money payee-7"))).length;
      }),
    );
    expect(told.at(0)).toEqual([1, 0, 0, 0, 0, 0]);
    expect(told.flat().slice(-12)).toEqual(new Array(12).fill(0));
  });
});
