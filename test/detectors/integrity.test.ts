import { describe, expect, it } from "vitest";
import { createIncidentBook } from "../../alerting/incident-book.ts";
import { DETECTORS } from "../../detectors/registry.ts";
import { createRunner, type Runner } from "../../detectors/runner.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { GapRecord, LagRecord, SelfRecord } from "../../schemas/self.ts";
import { TOPICS } from "../../schemas/topics.ts";

const AT = Date.UTC(2026, 0, 27, 14, 32, 5);
const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

const gap = (fields: Partial<GapRecord> = {}): GapRecord => ({
  ...{ type: "gap", at: AT, group: "watch", topic: TOPICS.journal, partition: 3, from: 10, to: 1_214 },
  ...fields,
});
const lag = (fields: Partial<LagRecord> = {}): LagRecord => ({
  ...{ type: "lag", at: AT, group: "store", topic: TOPICS.journal, partitions: [0, 4], records: 12_345 },
  retention_ms: 7 * DAY,
  ...fields,
});

const runner = (): Runner => createRunner({ detectors: DETECTORS, partition: 2 });
const judge = (of: Runner, record: SelfRecord, offset: number): readonly Finding[] =>
  of.evaluate(record, { partition: 2, offset });

/** One that goes on from what another saved. */
function restarted(from: Runner): Runner {
  const next = runner();
  for (const key of from.takeDirty()) next.restore(key, Buffer.from(from.save(key) as string));
  return next;
}

describe("records that are gone before a group had read them", () => {
  it("are said with their place, how many they are, what is missing, and what to do", () => {
    const [finding] = judge(runner(), gap(), 0);
    expect(finding).toMatchObject({
      detector: "integrity",
      scope: { kind: "watchkeeper", name: "watchkeeper" },
      agent: "",
      severity: "critical",
      unit: "records",
      observed: 1_204,
      at: AT,
      title: "1,204 records gone from agent-journal before group watch had read them",
      facts: [
        "partition 3, offsets 10 to 1,213",
        "noticed 2026-01-27 14:32:05 UTC",
        "they were not judged: alerts for them are missing, budgets and totals lack them",
      ],
    });
    expect(finding?.why).toContain("retention.journal");
    expect(finding?.why).toContain("ship FILE --backfill");
  });

  it.each([
    ["store", TOPICS.dead, "they are not in ClickHouse"],
    ["intake", TOPICS.events, "these lines became no events"],
  ])("are said from the point of view of %s", (group, topic, missed) => {
    const [finding] = judge(runner(), gap({ group, topic }), 0);
    expect(finding?.facts.join()).toContain(missed);
  });

  it("are said once, whoever reports them again, also after a restart", () => {
    const first = runner();
    expect(judge(first, gap(), 0)).toHaveLength(1);
    expect(judge(first, gap({ at: AT + 5 }), 1)).toEqual([]);
    const second = restarted(first);
    expect(judge(second, gap(), 1)).toEqual([]);
    expect(judge(second, gap({ at: AT + MINUTE, to: 1_000 }), 2)).toEqual([]);
    expect(judge(second, gap({ partition: 4 }), 3)).toHaveLength(1);
  });

  it("make one incident that grows when more of them are gone, and none is hidden by another", () => {
    const [one, book] = [runner(), createIncidentBook({ partition: 2 })];
    for (const finding of judge(one, gap(), 0)) book.apply(finding);
    for (const finding of judge(one, gap({ to: 2_010 }), 1)) book.apply(finding);
    for (const finding of judge(one, lag(), 2)) book.apply(finding);
    expect(book.list().map(({ observed, hiddenBy, posts }) => [observed, hiddenBy, posts.length])).toEqual([
      [2_000, null, 1],
      [12_345, null, 1],
    ]);
    book.advance(AT + DAY);
    expect(book.list()[0]).toMatchObject({ state: "resolved", endReason: "told a day ago; what is gone stays gone" });
  });

  it("are remembered within bounds", () => {
    const one = runner();
    for (let from = 0; from < 3_000; from++) judge(one, gap({ from, to: from + 1 }), from);
    expect(one.save("integrity")?.length).toBeLessThan(60_000);
  });
});

describe("a group that is more than half of what is kept behind", () => {
  it("is said each minute while it lasts, and ends when it has caught up", () => {
    const [one, book] = [runner(), createIncidentBook({ partition: 2 })];
    const say = (record: LagRecord, offset: number) => {
      for (const finding of judge(one, record, offset)) book.apply(finding);
      book.advance(record.at + 1);
      return book.list()[0];
    };
    expect(say(lag(), 0)).toMatchObject({
      state: "open",
      severity: "warning",
      title: "group store is more than half of what is kept behind in agent-journal",
    });
    expect(book.list()[0]?.finding.facts).toEqual([
      "12,345 unread records in partitions 0, 4",
      "the oldest is older than 3.5 d; after 7 d records are dropped",
      "events are not in ClickHouse yet; alerts go on",
    ]);
    expect(say(lag({ at: AT + MINUTE, records: 20_000 }), 1)).toMatchObject({ state: "open", observed: 20_000 });
    expect(say(lag({ at: AT + 2 * MINUTE, partitions: [], records: 0 }), 2)).toMatchObject({
      state: "resolved",
      endReason: "caught up",
      resolvedAt: AT + 2 * MINUTE + 1,
    });
    expect(book.list()).toHaveLength(1);
  });

  it("ends by itself when nobody looks any more, and a late word about that opens nothing", () => {
    const [one, book] = [runner(), createIncidentBook({ partition: 2 })];
    for (const finding of judge(one, lag(), 0)) book.apply(finding);
    book.advance(AT + 10 * MINUTE);
    expect(book.list()[0]?.endReason).toBe("nothing heard of it for 10 minutes");
    expect(judge(one, lag({ at: AT + 11 * MINUTE, partitions: [], records: 0 }), 1)).toEqual([]);
    expect(judge(runner(), lag({ partitions: [], records: 0 }), 0)).toEqual([]);
  });

  it("is said by size where the log keeps its size", () => {
    const { retention_ms: _, ...bySize } = lag({ limit_bytes: 20 * 1024 ** 3 });
    const [finding] = judge(runner(), bySize, 0);
    expect(finding?.facts).toContain("they take more than half of the 20,480 MiB that the log may hold");
    expect(finding?.why).toContain("new events will be refused");
  });
});
