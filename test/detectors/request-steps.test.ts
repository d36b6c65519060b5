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

/** Sixty days of three summaries and three payments, each to somebody who is named in its request; `first`: what came before. */
function known(first: readonly EventRecord[] = []): Harness {
  const made = harness();
  made.takeAll(first);
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
    for (const day of told.slice(1, 8)) expect(day.slice(1)).toEqual([0, 0, 0, 0, 0]);
    expect(told.flat().slice(-12)).toEqual(new Array(12).fill(0));
  });

  it("is no more than what it did before in one run, however often it did it there", () => {
    const first = summary(START - DAY_MS, 0, ...new Array<string>(30).fill("send_money payee-7"));
    const found = known(first).takeAll(summary(LATER, 61, "send_money mallory-77"));
    expect(pages(found)).toHaveLength(1);
  });

  it("makes nothing strange of what such runs do anyhow, when it was done in a run that a page told of", () => {
    const { takeAll } = harness();
    for (let n = 0; n < 400; n += 1) {
      takeAll(summary(START + n * 900_000, 0));
      takeAll(payment(START + n * 900_000 + 400_000, `payee-${n % 50}`));
    }
    const at = START + 5 * DAY_MS;
    expect(pages(takeAll(summary(at, 5, "send_money mallory-77", "write_summary")))).not.toEqual([]);
    for (const day of [1, 2]) expect(takeAll(summary(at + day * DAY_MS, 5 + day))).toEqual([]);
  });

  it("is not what there was no place to remember", () => {
    const { takeAll } = harness();
    const tools = Array.from({ length: 18 }, (_, n) => `write_${n}`);
    const asks = Array.from(
      { length: 24 },
      (_, n) => `${"abcdefghijklmnopqrstuvwx".slice(n, n + 1).repeat(5)} please do`,
    );
    const found = Array.from({ length: 20 }, (_, day) =>
      asks.flatMap((ask, n) =>
        takeAll(run(START + day * DAY_MS + n * 600_000, `${ask} ${ask.slice(0, 4)} now`, ...tools)),
      ),
    );
    expect(JSON.stringify(found.flat())).not.toContain("such a request");
  });

  it("weighs little where runs have only begun to name their requests", () => {
    const { takeAll } = harness();
    const START_NAMED = START + 30 * DAY_MS;
    for (let n = 0; n < 600; n += 1) {
      const calls = n % 3 === 0 ? ["read_inbox"] : ["read_inbox", "send_money payee-7"];
      const made = run(START + n * 3_600_000, "", ...calls).map(({ trigger: _, ...rest }) => rest);
      takeAll(made);
    }
    for (let day = 0; day < 6; day += 1) takeAll(summary(START_NAMED + day * 3_600_000, day));
    expect(pages(takeAll(summary(START_NAMED + DAY_MS, 7, "send_money payee-7")))).toEqual([]);
  });

  it("is odd of an address that only ends like one that was asked for", () => {
    const { takeAll } = known();
    const trigger = "transfer the agreed amount to anna@acme-invoices.com";
    takeAll(run(LATER, trigger, "read_inbox", "send_money anna@acme-invoices.com"));
    const found = takeAll(run(LATER + 3_600_000, trigger, "read_inbox", "send_money nna@acme-invoices.com"));
    expect(JSON.stringify(found)).toContain("unasked");
  });
});
