import { afterEach, describe, expect, it } from "vitest";
import {
  type LearningLead,
  type LedLearning,
  type LedLearningOptions,
  startLedLearning,
} from "../../detectors/learning/led-learning.ts";
import { until } from "../until.ts";

const HOUR = 3_600_000;
/** Due on the days of leap years alone, so that the machine's own clock starts no run. */
const SCHEDULE = "7 */6 29 2 *";
const SOON_MS = 5;
const NOON = Date.UTC(2024, 1, 29, 12, 7);

/** What outlives a leader: the record of its jobs, and the notes of stored history. */
function createCluster() {
  const records = new Map<string, string>();
  const notes = new Map<number, number>();
  let leader = 0;
  const takers = new Map<number, (partition: number, offset: number) => void>();
  return {
    records,
    stored(partition: number, offset: number): void {
      notes.set(partition, offset);
      for (const take of takers.values()) take(partition, offset);
    },
    lead(): LearningLead {
      leader += 1;
      const own = leader;
      return {
        recorded: (job) => records.get(job),
        async record(job, value) {
          if (own !== leader) return false;
          records.set(job, value);
          return true;
        },
        async followBackfill(take) {
          takers.set(own, take);
          for (const [partition, offset] of notes) take(partition, offset);
          return { stop: async () => void takers.delete(own) };
        },
      };
    },
  };
}

let running: LedLearning[] = [];
afterEach(async () => {
  await Promise.all(running.map((one) => one.stop()));
  running = [];
});

function start(lead: LearningLead, now: number, more: Partial<LedLearningOptions> = {}) {
  const runs: string[] = [];
  const learning = startLedLearning({
    ...{ lead, schedule: SCHEDULE, settings: "UTC", now: () => now, soonMs: SOON_MS },
    learn: async ({ name }) => {
      runs.push(name);
      return { agents: 0, rows: 0 };
    },
    ...more,
  });
  running.push(learning);
  /** Requests are timers, and these run in the order in which they are due, however late. */
  const settled = () => new Promise((done) => setTimeout(done, 8 * SOON_MS));
  return { runs, learning, settled };
}

describe("learning where one leads", () => {
  it("learns at once when nobody ever did, and not again for a successor while no run is due", async () => {
    const cluster = createCluster();
    const first = start(cluster.lead(), NOON);
    await until(() => first.runs.length === 1);
    await first.learning.stop();
    const second = start(cluster.lead(), NOON + 5 * HOUR);
    await second.learning.learnNow();
    expect(second.runs).toEqual(["request"]);
  });

  it("makes up one run that was missed while nobody led, however many there were", async () => {
    const cluster = createCluster();
    const first = start(cluster.lead(), NOON);
    await until(() => first.runs.length === 1);
    await first.learning.stop();
    const late = start(cluster.lead(), NOON + 30 * HOUR);
    await until(() => late.runs.length > 0);
    await late.settled();
    expect(late.runs).toEqual(["missed"]);
  });

  it("records a run before its effect: a leader that dies in it leaves it to nobody", async () => {
    const cluster = createCluster();
    let began = false;
    const first = start(cluster.lead(), NOON, {
      learn: (_cause, signal) =>
        new Promise((_resolve, reject) => {
          began = true;
          signal.addEventListener("abort", () => reject(new Error("cut short")));
        }),
    });
    await until(() => began);
    expect(JSON.parse(cluster.records.get("learning") ?? "")).toMatchObject({ dueAt: NOON });
    await first.learning.stop();
    const second = start(cluster.lead(), NOON + HOUR);
    await second.settled();
    expect(second.runs).toEqual([]);
  });

  it("does nothing once another process leads", async () => {
    const cluster = createCluster();
    const first = start(cluster.lead(), NOON);
    await until(() => first.runs.length === 1);
    cluster.lead();
    await first.learning.learnNow();
    expect(first.runs).toEqual(["missed"]);
  });

  it("learns from history that another process stored, also when it was stored before it led, and once", async () => {
    const cluster = createCluster();
    const first = start(cluster.lead(), NOON);
    await until(() => first.runs.length === 1);
    cluster.stored(3, 17);
    await until(() => first.runs.length === 2);
    expect(first.runs).toEqual(["missed", "backfill"]);
    await until(() => JSON.parse(cluster.records.get("learning") ?? "").seen["3"] === 17);
    await first.learning.stop();
    cluster.stored(1, 4);
    const second = start(cluster.lead(), NOON + HOUR);
    await until(() => second.runs.length === 1);
    await second.learning.stop();
    const third = start(cluster.lead(), NOON + HOUR);
    await third.settled();
    expect([second.runs, third.runs]).toEqual([["backfill"], []]);
  });

  it("learns anew when the zones it learned under were changed", async () => {
    const cluster = createCluster();
    const first = start(cluster.lead(), NOON);
    await until(() => first.runs.length === 1);
    await first.learning.stop();
    const second = start(cluster.lead(), NOON, { settings: "Europe/Berlin" });
    await until(() => second.runs.length === 1);
    expect(second.runs).toEqual(["missed"]);
  });
});
