import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recordIntegrity } from "../../detectors/record-integrity.ts";
import { newSpell, takeLate } from "../../detectors/records/order.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { EventRecord } from "../../schemas/journal.ts";
import { detectorContract } from "../contract/detector-contract.ts";
import { configOf, event, type Harness, harness } from "./events.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const AT = Date.UTC(2026, 0, 27, 13, 32);

detectorContract(recordIntegrity, { config: configOf({}), stateLimit: 12_000 });

/** An agent that has worked for two days, every ten minutes, as records should be. */
function known(fields: Partial<EventRecord> = {}): Harness {
  const watch = harness({}, [recordIntegrity]);
  for (let at = AT - 2 * DAY; at < AT; at += 10 * MINUTE) expect(watch.take(event(at, fields))).toEqual([]);
  return watch;
}

const late = (now: number, timestamp: number) =>
  event(now, { timestamp, judged_at: timestamp, clock: now - timestamp > 10 * MINUTE ? "late" : "ok" });

const ahead = (now: number, by: number) => event(now, { timestamp: now + by, clock: "future" });

const told = (findings: readonly Finding[]) => findings.map(({ reason, severity }) => `${reason} ${severity}`);

describe("one id with several contents", () => {
  const same = (n: number, id = "order-1") => event(AT + n * 20_000, { id, content: `${n}`.padStart(8, "0") });

  it("is told from the third time in an hour", () => {
    const { take } = known();
    expect([0, 1, 2].flatMap((n) => take(same(n)))).toEqual([]);
    expect(take(same(3))).toMatchObject([
      {
        detector: "integrity",
        severity: "warning",
        title: "sends the same id with other contents",
        facts: ["3 events since 13:32 UTC", "the last one: order-1"],
      },
    ]);
  });

  it("is a note for counters that began anew, and for agents that always did so", () => {
    const { take } = known();
    const counters = [1, 2, 3, 1, 2, 3].flatMap((id, n) => take(same(n, String(id))));
    expect(told(counters)).toEqual(["same_id info"]);
    const always = harness({}, [recordIntegrity]);
    const all: Finding[] = [];
    for (let n = 0; n < 1000; n++) all.push(...always.take(event(AT + n * 5 * MINUTE, { id: `t${n >> 1}` })));
    expect(new Set(told(all))).toEqual(new Set(["same_id info"]));
  });

  it("with the same content is a repeat and no matter; made on arrival it cannot be", () => {
    const { take } = known();
    for (let n = 0; n < 9; n++) {
      expect(take(event(AT + n, { id: "x", content: "00000001" }))).toEqual([]);
      expect(take(event(AT + n, { id: "y", id_source: "arrival" }))).toEqual([]);
    }
  });
});

describe("a clock that runs ahead", () => {
  it("is told when it was right before", () => {
    const { take } = known();
    const all = [0, 1, 2].flatMap((n) => take(ahead(AT + n * MINUTE, 5 * HOUR)));
    expect(all).toMatchObject([
      {
        severity: "warning",
        title: "writes times that are 5 h ahead",
        facts: ["3 events since 13:32 UTC", "the last one says 2026-01-27 18:34 UTC"],
      },
    ]);
  });

  it("is a note when it always did, and nothing within ten minutes or once in a while", () => {
    const { takeAll } = harness({}, [recordIntegrity]);
    const always = takeAll(Array.from({ length: 400 }, (_, n) => ahead(AT + n * 10 * MINUTE, 2 * HOUR)));
    expect(new Set(told(always))).toEqual(new Set(["clock_ahead info"]));
    const { take } = known();
    for (let n = 0; n < 50; n++) expect(take(ahead(AT + n * MINUTE, 9 * MINUTE))).toEqual([]);
    for (let n = 0; n < 9; n++) expect(take(ahead(AT + HOUR + n * 40 * MINUTE, 5 * HOUR))).toEqual([]);
  });

  it("is told when times are from before 2000", () => {
    const { take } = known();
    const all = [0, 1, 2].flatMap((n) => take(event(AT + n, { timestamp: 0, clock: "ancient" })));
    expect(all).toMatchObject([{ title: "writes times before the year 2000", severity: "warning" }]);
  });
});

describe("late events", () => {
  it("out of order are told", () => {
    const { take } = known();
    const hours = [5, 21, 9, 14, 3, 27];
    const all = hours.flatMap((ago, n) => take(late(AT + n * 20_000, AT - ago * HOUR)));
    expect(all).toMatchObject([
      {
        severity: "warning",
        reason: "backdated",
        title: expect.stringMatching(/^writes events for up to \d+ h ago, out of order$/),
      },
    ]);
  });

  it("that an outbox sends after an outage are nothing, whatever else comes between", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 48 }), fc.integer({ min: 1, max: 3 }), (hours, everyMinutes) => {
        const { take } = known();
        let now = AT + hours * HOUR;
        for (let said = AT; said < AT + hours * HOUR; said += everyMinutes * MINUTE) {
          now += 200;
          expect(take(late(now, said))).toEqual([]);
          if (said % (10 * MINUTE) === 0) expect(take(event(now))).toEqual([]);
        }
      }),
      { numRuns: 20 },
    );
  });

  it("of several files, one after the other, are nothing", () => {
    const { take } = known();
    for (let file = 0; file < 6; file++) {
      for (let n = 0; n < 40; n++) {
        expect(take(late(AT + file * MINUTE + n * 100, AT - 9 * HOUR + n * 5 * MINUTE))).toEqual([]);
      }
    }
  });

  it("with ever the same lag are a note about the clock", () => {
    const { takeAll } = known();
    const all = takeAll(Array.from({ length: 30 }, (_, n) => late(AT + n * MINUTE, AT + n * MINUTE - 3 * HOUR)));
    expect(told(all)[0]).toBe("clock_behind info");
    expect(all[0]).toMatchObject({ title: "writes times that are 3 h behind" });
  });

  it("are never out of order while each is later than the one before", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 40 * MINUTE }), { minLength: 8, maxLength: 60 }), (steps) => {
        const spell = newSpell();
        let at = AT - 3 * DAY;
        const orders = steps.map((step, n) => {
          at += step;
          return takeLate(spell, at, AT + n * 1000);
        });
        expect(orders.slice(1)).not.toContain("out_of_order");
      }),
    );
  });
});

describe("a credential", () => {
  it("that a known agent never used is a note from its third event on", () => {
    const { take } = known({ credential: "openai-growth" });
    const use = (n: number) => take(event(AT + n * 1000, { credential: "stripe-live" }));
    expect([use(0), use(1)]).toEqual([[], []]);
    expect(use(2)).toMatchObject([
      { severity: "info", title: "uses a credential that it never used: stripe-live", reason: "new_credential" },
    ]);
    expect([use(3), use(4)]).toEqual([[], []]);
  });

  it("is none the first time that an agent names any, or where each task has its own", () => {
    const { take } = known();
    for (let n = 0; n < 9; n++) expect(take(event(AT + n, { credential: "first" }))).toEqual([]);
    const each = known({ credential: "main" });
    const all = Array.from({ length: 90 }, (_, n) => each.take(event(AT + n, { credential: `task-${n}` }))).flat();
    expect(all).toEqual([]);
  });
});
