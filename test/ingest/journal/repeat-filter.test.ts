import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRepeatFilter, lookbackStart, type RepeatDecision } from "../../../ingest/journal/repeat-filter.ts";
import type { EventRecord, IdSource } from "../../../schemas/journal.ts";

interface Given {
  readonly id: string;
  readonly content?: string;
  readonly agent?: string;
  readonly at?: number;
  readonly source?: IdSource;
}

function event({ id, content = "c", agent = "a", at = 0, source = "producer" }: Given): EventRecord {
  return {
    type: "event",
    schema_version: 1,
    id,
    id_source: source,
    content: Buffer.from(content).toString("hex").padEnd(32, "0"),
    agent,
    kind: "action",
    tool: "t",
    timestamp: at,
    arrived_at: at,
    judged_at: at,
    clock: "ok",
    raw: "{}",
  };
}

describe("the repeat filter", () => {
  it("takes the first of an identity as new, the same again as a repeat, other content as a conflict", () => {
    const filter = createRepeatFilter({ recentIds: 10 });
    expect(filter.accept(event({ id: "1" }), 0)).toBe("new");
    expect(filter.accept(event({ id: "1" }), 1)).toBe("repeat");
    expect(filter.accept(event({ id: "1", content: "d" }), 2)).toBe("conflict");
    expect(filter.accept(event({ id: "1" }), 3)).toBe("repeat");
    expect(filter.accept(event({ id: "1", content: "d" }), 4)).toBe("repeat");
  });

  it("keeps agents apart, however their names and ids are cut", () => {
    const filter = createRepeatFilter({ recentIds: 10 });
    expect(filter.accept(event({ agent: "a", id: "bc" }), 0)).toBe("new");
    expect(filter.accept(event({ agent: "ab", id: "c" }), 1)).toBe("new");
    expect(filter.accept(event({ agent: "b", id: "bc" }), 2)).toBe("new");
  });

  it("knows an event again whose id was made on arrival: Kafka may have taken a request that was sent anew", () => {
    const filter = createRepeatFilter({ recentIds: 10 });
    expect(filter.accept(event({ id: "x", source: "arrival" }), 0)).toBe("new");
    expect(filter.accept(event({ id: "x", source: "arrival" }), 1)).toBe("repeat");
    expect(filter.accept(event({ id: "y", source: "arrival" }), 2)).toBe("new");
  });

  it("forgets what lies more offsets back than it may remember", () => {
    const filter = createRepeatFilter({ recentIds: 3 });
    filter.accept(event({ id: "1" }), 0);
    expect(filter.accept(event({ id: "1" }), 3)).toBe("repeat");
    expect(filter.accept(event({ id: "1" }), 7)).toBe("new");
  });

  it("forgets what arrived longer ago than the horizon", () => {
    const filter = createRepeatFilter({ recentIds: 100, horizonMs: 1000 });
    filter.accept(event({ id: "1", at: 0 }), 0);
    expect(filter.accept(event({ id: "1", at: 1000 }), 1)).toBe("repeat");
    expect(filter.accept(event({ id: "1", at: 2001 }), 2)).toBe("new");
  });

  it("tells the horizon it holds: the full one until something recent had to be forgotten", () => {
    const filter = createRepeatFilter({ recentIds: 2, horizonMs: 1000 });
    expect(filter.horizon()).toBe(1000);
    for (let offset = 0; offset < 6; offset++) filter.accept(event({ id: `${offset}`, at: offset * 100 }), offset);
    expect(filter.horizon()).toBe(300);
  });

  it("holds no more than it may, through many times its capacity", () => {
    const filter = createRepeatFilter({ recentIds: 5000 });
    for (let offset = 0; offset < 100_000; offset += 2) {
      expect(filter.accept(event({ id: `${offset}` }), offset)).toBe("new");
      if (offset >= 5000) expect(filter.accept(event({ id: `${offset - 4998}` }), offset + 1)).toBe("repeat");
    }
    expect(filter.size()).toBeLessThanOrEqual(5001);
  });

  it("starts reading as far back as it remembers, never before the beginning", () => {
    expect(lookbackStart(500, 0, 100)).toBe(400);
    expect(lookbackStart(500, 450, 100)).toBe(450);
    expect(lookbackStart(50, 0, 100)).toBe(0);
  });
});

const journals = fc.array(
  fc.record({
    id: fc.constantFrom("1", "2", "3", "4", "5"),
    content: fc.constantFrom("c", "d", "e"),
    agent: fc.constantFrom("a", "b"),
    source: fc.constantFrom<IdSource>("producer", "position", "arrival"),
    gap: fc.integer({ min: 1, max: 3 }),
    pause: fc.integer({ min: -20, max: 60 }),
  }),
  { maxLength: 80 },
);

describe("any journal", () => {
  it("is decided as the definition says, computed the slow way", () => {
    fc.assert(
      fc.property(journals, fc.integer({ min: 1, max: 30 }), (steps, recentIds) => {
        const horizonMs = 200;
        const filter = createRepeatFilter({ recentIds, horizonMs });
        const seen: { event: EventRecord; offset: number }[] = [];
        for (const { event, offset } of unfold(steps)) {
          const held = seen.filter(
            (s) => s.event.agent === event.agent && s.event.id === event.id && s.offset >= offset - recentIds,
          );
          const recent = (s: { event: EventRecord } | undefined) =>
            s !== undefined && s.event.arrived_at >= event.arrived_at - horizonMs;
          let expected: RepeatDecision = "new";
          if (recent(held.at(-1))) expected = "conflict";
          if (recent(held.filter((s) => s.event.content === event.content).at(-1))) expected = "repeat";
          expect(filter.accept(event, offset)).toBe(expected);
          seen.push({ event, offset });
        }
      }),
    );
  });

  it("is decided the same after a takeover anywhere, with the memory rebuilt from the lookback", () => {
    fc.assert(
      fc.property(journals, fc.integer({ min: 1, max: 30 }), fc.nat(), (steps, recentIds, cut) => {
        const journal = unfold(steps);
        const committed = journal[cut % (journal.length + 1)]?.offset ?? 0;
        const whole = createRepeatFilter({ recentIds, horizonMs: 200 });
        const taken = createRepeatFilter({ recentIds, horizonMs: 200 });
        const start = lookbackStart(committed, 0, recentIds);
        for (const { event, offset } of journal) {
          const expected = whole.accept(event, offset);
          const decided = offset >= start ? taken.accept(event, offset) : undefined;
          if (offset >= committed) expect(decided).toBe(expected);
        }
      }),
    );
  });
});

function unfold(steps: readonly (Given & { gap: number; pause: number })[]): { event: EventRecord; offset: number }[] {
  let [offset, at] = [0, 1000];
  return steps.map((step) => {
    offset += step.gap;
    at += step.pause;
    return { event: event({ ...step, at }), offset };
  });
}
