import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createIncidentBook, type IncidentBook } from "../../alerting/incident-book.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { Incident } from "../../schemas/incident.ts";
import type { AcknowledgedRecord } from "../../schemas/journal.ts";
import { AT, budget, finding } from "./sample.ts";

const MINUTE = 60_000;
const DAY = 24 * 3_600_000;

function bookOf(...findings: readonly Finding[]): { book: IncidentBook; last: Incident } {
  const book = createIncidentBook({ partition: 0 });
  let last: Incident | undefined;
  for (const one of findings) last = book.apply(one)[0] ?? last;
  return { book, last: last as Incident };
}

function steps(incident: Incident): string[] {
  return incident.posts.map((post) => post.step);
}

describe("from → to: effect", () => {
  it("nothing → open: it is told", () => {
    const { last } = bookOf(finding());
    expect(last).toMatchObject({ state: "open", revision: 1, openedAt: AT, quietAt: AT + 10 * MINUTE, findings: 1 });
    expect(steps(last)).toEqual(["opened"]);
    expect(last.id).toMatch(/^[0-9a-f]{16}$/);
  });

  it("open → open, the same again: kept alive, no new revision", () => {
    const { last } = bookOf(finding(), finding({ offset: 11, at: AT + MINUTE }));
    expect(last).toMatchObject({ revision: 1, findings: 2, offset: 11, quietAt: AT + 11 * MINUTE });
  });

  it("open → open, a little more within a minute: no new revision; after a minute: one", () => {
    const { book, last } = bookOf(finding(), finding({ offset: 11, at: AT + 1000, observed: 51 }));
    expect(last).toMatchObject({ revision: 1, observed: 50, finding: { observed: 51 } });
    const [later] = book.apply(finding({ offset: 12, at: AT + MINUTE, observed: 52 }));
    expect(later).toMatchObject({ revision: 2, observed: 52 });
  });

  it("open → open, a tenth more: a new revision, nothing posted", () => {
    const { last } = bookOf(finding(), finding({ offset: 11, at: AT + 1000, observed: 55 }));
    expect(last).toMatchObject({ revision: 2, observed: 55 });
    expect(steps(last)).toEqual(["opened"]);
  });

  it("warning → critical: raised, and never lowered again", () => {
    const { book, last } = bookOf(finding(), finding({ offset: 11, severity: "critical" }));
    expect(steps(last)).toEqual(["opened", "raised"]);
    const [after] = book.apply(finding({ offset: 12, severity: "warning", observed: 90 }));
    expect(after).toMatchObject({ severity: "critical", revision: 3 });
  });

  it("70 → 90 → 100 %: the same incident, edited, then the limit speaks", () => {
    const { last } = bookOf(budget(70), budget(90, { offset: 11 }), budget(100, { offset: 12 }));
    expect(last).toMatchObject({ step: 100, revision: 3, title: "used 100 % of today's budget", severity: "critical" });
    expect(steps(last)).toEqual(["opened", "limit"]);
  });

  it("a smaller step that comes late does not take back what was said", () => {
    const { last } = bookOf(budget(90), budget(70, { offset: 11, at: AT + 2 * MINUTE }));
    expect(last).toMatchObject({ step: 90, revision: 1, title: "used 90 % of today's budget" });
  });

  it("open → resolved: when it was quiet long enough, at the moment that was due", () => {
    const { book } = bookOf(finding());
    expect(book.nextDue()).toBe(AT + 10 * MINUTE);
    expect(book.advance(AT + 10 * MINUTE - 1)).toEqual([]);
    expect(book.advance(AT + 60 * MINUTE)).toMatchObject([
      { state: "resolved", resolvedAt: AT + 10 * MINUTE, revision: 2 },
    ]);
  });

  it("open → resolved: at the end of the period", () => {
    const { book } = bookOf(budget(70));
    expect(book.nextDue()).toBe(Date.parse("2026-01-28T00:00:00.000Z"));
    expect(book.advance(book.nextDue() as number)).toMatchObject([{ state: "resolved", endReason: "new day" }]);
  });

  it("resolved → open within a day: the same identity, reopened", () => {
    const { book, last } = bookOf(finding());
    book.advance(AT + 10 * MINUTE);
    const [again] = book.apply(finding({ offset: 20, at: AT + 5 * 60 * MINUTE }));
    expect(again).toMatchObject({ id: last.id, state: "open", revision: 3, resolvedAt: null });
    expect(steps(again as Incident)).toEqual(["opened", "reopened"]);
  });

  it("resolved → forgotten after a day; later it is another incident", () => {
    const { book, last } = bookOf(finding());
    book.advance(AT + 10 * MINUTE);
    expect(book.nextDue()).toBe(AT + 10 * MINUTE + DAY);
    expect(book.advance(AT + 2 * DAY)).toEqual([]);
    expect(book.takeForgotten()).toEqual([last.id]);
    expect(book.takeForgotten()).toEqual([]);
    expect(book.list()).toEqual([]);
    expect(book.apply(finding({ offset: 30, at: AT + 2 * DAY }))[0]?.id).not.toBe(last.id);
  });

  it("a new period is another incident, the old one ends by itself", () => {
    const tomorrow = { episode: "2026-01-28", at: AT + DAY, endsAt: AT + 2 * DAY, offset: 50 };
    const { book, last } = bookOf(budget(70), budget(70, tomorrow));
    expect(book.list()).toHaveLength(2);
    expect(last.openedAt).toBe(AT + DAY);
  });

  it("what comes after the end of a period counts in it and tells nobody", () => {
    const { book } = bookOf(budget(70));
    book.advance(Date.parse("2026-01-28T00:00:00.000Z"));
    const [late] = book.apply(budget(90, { offset: 60, at: Date.parse("2026-01-28T00:00:05.000Z") }));
    expect(late).toMatchObject({ state: "resolved", revision: 2, findings: 2 });
  });
});

describe("a greater alert hides a lesser one of the same agent", () => {
  const greater = finding({ detector: "loop", subject: "call", severity: "critical", offset: 5 });

  it("opened meanwhile: hidden, and a line of the greater", () => {
    const book = createIncidentBook({ partition: 0 });
    const [loop] = book.apply(greater);
    const [lesser, noted] = book.apply(finding({ at: AT + 20_000 }));
    expect(lesser).toMatchObject({ hiddenBy: loop?.id });
    expect(noted).toMatchObject({ id: loop?.id, revision: 2, hides: ["uses web_search 5 times as often as usual"] });
  });

  it("of equal severity, of another agent, or a budget: told", () => {
    const book = createIncidentBook({ partition: 0 });
    book.apply(greater);
    expect(book.apply(finding({ severity: "critical" }))[0]?.hiddenBy).toBeNull();
    expect(book.apply(finding({ agent: "other" }))[0]?.hiddenBy).toBeNull();
    expect(book.apply(budget(70))[0]?.hiddenBy).toBeNull();
    expect(book.apply(finding({ detector: "policy" }))[0]?.hiddenBy).toBeNull();
    expect(book.apply(finding({ detector: "secret-leak" }))[0]?.hiddenBy).toBeNull();
  });

  it("told again when the greater one ends while the lesser is open", () => {
    const book = createIncidentBook({ partition: 0 });
    book.apply(greater);
    const [lesser] = book.apply(finding({ at: AT + 20_000, quietAfterMs: 60 * MINUTE }));
    const changed = book.advance(AT + 10 * MINUTE);
    expect(changed.find(({ id }) => id === lesser?.id)).toMatchObject({ hiddenBy: null, state: "open", revision: 2 });
  });

  it("told when it rises to the greater one's severity", () => {
    const book = createIncidentBook({ partition: 0 });
    book.apply(greater);
    book.apply(finding({ at: AT + 20_000 }));
    const changed = book.apply(finding({ at: AT + 30_000, offset: 12, severity: "critical" }));
    expect(changed.find((one) => one.detector === "tool-frequency")).toMatchObject({
      hiddenBy: null,
      severity: "critical",
    });
    expect(changed.find((one) => one.detector === "loop")?.hides).toEqual([]);
  });

  it("a lesser one told just before is only noted", () => {
    const book = createIncidentBook({ partition: 0 });
    const [lesser] = book.apply(finding({ offset: 4 }));
    const changed = book.apply({ ...greater, at: AT + 5_000 });
    expect(lesser?.hiddenBy).toBeNull();
    expect(changed[0]?.id).not.toBe(lesser?.id);
    expect(book.list().find((one) => one.detector === "loop")).toMatchObject({
      revision: 1,
      hides: ["uses web_search 5 times as often as usual (told before)"],
    });
  });
});

/** A finding, or the moment at which somebody acknowledges what is in the book then. */
type Said = Finding | { readonly at: number; says: AcknowledgedRecord | undefined };

const findings = fc
  .array(
    fc.record({
      detector: fc.constantFrom("loop", "tool-frequency", "budget"),
      agent: fc.constantFrom("a", "b"),
      severity: fc.constantFrom("info" as const, "warning" as const, "critical" as const),
      step: fc.constantFrom(0, 70, 100),
      observed: fc.integer({ min: 1, max: 200 }),
      after: fc.integer({ min: 0, max: 40 * MINUTE }),
      isSaid: fc.integer({ min: 0, max: 4 }).map((one) => one === 0),
    }),
    { maxLength: 30 },
  )
  .map((list) => {
    let at = AT;
    return list.map(({ after, isSaid, ...rest }, offset): Said => {
      at += after;
      if (isSaid) return { at, says: undefined };
      return finding({ ...rest, at, offset: offset + 1, scope: { kind: "agent", name: rest.agent } });
    });
  });

const byAda = (incident: string, at: number, revision = 1): AcknowledgedRecord => {
  return { type: "human", act: "acknowledged", at, by: "ada", incident, revision, agent: "a" };
};

describe("what people say", () => {
  it("open → acknowledged: a new revision that posts nothing; the first name stays", () => {
    const { book, last } = bookOf(finding());
    const [heard] = book.hear(byAda(last.id, AT + MINUTE));
    expect(heard).toMatchObject({ state: "acknowledged", acknowledgedBy: "ada", revision: 2, updatedAt: AT + MINUTE });
    expect(steps(heard as Incident)).toEqual(["opened"]);
    expect(book.hear({ ...byAda(last.id, AT + 2 * MINUTE), by: "bob" })).toEqual([]);
    expect(book.advance(AT + DAY)[0]).toMatchObject({ state: "resolved", acknowledgedBy: "ada" });
  });

  it("nothing of an incident that is over, unknown, or told anew since", () => {
    const { book, last } = bookOf(finding());
    expect(book.hear(byAda("unknown", AT + MINUTE))).toEqual([]);
    book.advance(AT + 10 * MINUTE);
    expect(book.hear(byAda(last.id, AT + 11 * MINUTE))).toEqual([]);
    const [again] = book.apply(finding({ offset: 20, at: AT + 20 * MINUTE }));
    expect(again).toMatchObject({ id: last.id, state: "open", acknowledgedBy: null });
    expect(book.hear(byAda(last.id, AT + 11 * MINUTE))).toEqual([]);
    // By the clock of another host.
    expect(book.hear(byAda(last.id, AT + 19 * MINUTE, 3))).toHaveLength(1);
  });
});

/** Plays findings into a book as the watch does; `seen` collects every incident as it was put. */
function play(book: IncidentBook, list: readonly Said[], seen: Map<string, Incident>): void {
  const put = (incidents: readonly Incident[]) => {
    for (const incident of incidents) seen.set(incident.id, incident);
    for (const id of book.takeForgotten()) seen.delete(id);
  };
  for (const one of list) {
    for (let due = book.nextDue(); due !== undefined && due <= one.at; due = book.nextDue()) put(book.advance(due));
    if (!("says" in one)) put(book.apply(one));
    else {
      const newest = book.list().at(-1);
      one.says ??= byAda(newest?.id ?? "none", one.at, newest?.revision);
      put(book.hear(one.says));
    }
  }
}

describe("replay", () => {
  it("takes a timer's finding after a restart for news, though it carries the offset of an older event", () => {
    const { last } = bookOf(finding());
    const book = createIncidentBook({ partition: 0 });
    book.restore(last);
    expect(book.apply(finding())).toEqual([]);
    expect(book.apply(finding({ at: AT + MINUTE, severity: "critical" }))).toMatchObject([{ severity: "critical" }]);
  });

  it("from any point, over what was stored at any later point, ends in the same incidents and posts", () => {
    fc.assert(
      fc.property(findings, fc.nat(), fc.nat(), (list, a, b) => {
        const straight = new Map<string, Incident>();
        play(createIncidentBook({ partition: 0 }), list, straight);
        const stored = new Map<string, Incident>();
        const until = list.length === 0 ? 0 : a % (list.length + 1);
        play(createIncidentBook({ partition: 0 }), list.slice(0, until), stored);
        const book = createIncidentBook({ partition: 0 });
        for (const incident of stored.values()) book.restore(incident);
        play(book, list.slice(until === 0 ? 0 : b % (until + 1)), stored);
        expect([...stored.values()].sort((x, y) => (x.id < y.id ? -1 : 1))).toEqual(
          [...straight.values()].sort((x, y) => (x.id < y.id ? -1 : 1)),
        );
      }),
      { numRuns: 300 },
    );
  });
});
