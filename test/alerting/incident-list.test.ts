import { describe, expect, it } from "vitest";
import { followIncidents } from "../../alerting/incident-list.ts";
import type { Incident } from "../../schemas/incident.ts";
import { TOPICS } from "../../schemas/topics.ts";
import { until } from "../until.ts";
import { incidentOf } from "./sample.ts";

type Take = (partition: number, key: string, value: Buffer | null) => void;

function outbox(failures = 0) {
  let take: Take = () => {};
  let caughtUp: () => void = () => {};
  let end: (error: Error) => void = () => {};
  let stopped = false;
  let left = failures;
  let follows = 0;
  const failed: unknown[] = [];
  const list = followIncidents({
    retryMs: 1,
    onFailed: (error) => void failed.push(error),
    async follow(topic, taking) {
      expect(topic).toBe(TOPICS.incidents);
      if (left-- > 0) throw new Error("no leader yet");
      take = taking;
      follows++;
      let onEnded: (error: Error) => void = () => {};
      const ended = new Promise<Error>((resolve) => {
        onEnded = resolve;
      });
      const done = new Promise<void>((resolve, reject) => {
        caughtUp = resolve;
        end = (error) => {
          reject(error);
          onEnded(error);
        };
      });
      return {
        caughtUp: done,
        ended,
        async stop() {
          stopped = true;
        },
      };
    },
  });
  return {
    list,
    failed,
    put: (key: string, value: object | null) =>
      take(0, key, value === null ? null : Buffer.from(JSON.stringify(value))),
    async complete() {
      caughtUp();
      await until(() => list.isComplete());
    },
    end: (error: Error) => end(error),
    /** Once the outbox is followed for the `times`th time. */
    isFollowed: (times: number) => until(() => follows >= times),
    isStopped: () => stopped,
  };
}

const incident = (changes: Partial<Incident>): Incident => ({ ...incidentOf(), ...changes });

describe("incidents read from their outbox", () => {
  it("are listed once all were read: the newest value of each, without those that were removed", async () => {
    const box = outbox();
    await box.isFollowed(1);
    await expect(box.list.incidents()).rejects.toMatchObject({ code: "incidents_loading", verdict: "retry" });
    box.put("incident:a", incident({ id: "a", openedAt: 1 }));
    box.put("sent:a", { ts: "1" });
    box.put("incident:b", incident({ id: "b", openedAt: 2 }));
    box.put("incident:c", incident({ id: "c", openedAt: 3 }));
    box.put("incident:c", null);
    await box.complete();
    expect(await box.list.incidents()).toMatchObject([{ id: "a" }, { id: "b" }]);
    box.put("incident:a", incident({ id: "a", openedAt: 1, state: "resolved", resolvedAt: 4 }));
    expect(await box.list.incidents()).toMatchObject([{ id: "a", state: "resolved" }, { id: "b" }]);
    await box.list.stop();
    expect(box.isStopped()).toBe(true);
  });

  it("are asked for again when they cannot be read yet", async () => {
    const box = outbox(3);
    await box.isFollowed(1);
    expect(box.failed).toHaveLength(3);
    await box.complete();
    expect(await box.list.incidents()).toEqual([]);
    await box.list.stop();
  });

  it.each(["before", "after"])("are followed anew when the follower ends %s it caught up", async (when) => {
    const box = outbox();
    await box.isFollowed(1);
    box.put("incident:a", incident({ id: "a", openedAt: 1 }));
    if (when === "after") await box.complete();
    box.end(new Error("no right to read"));
    await box.isFollowed(2);
    expect(box.failed).toEqual([new Error("no right to read")]);
    expect(box.list.isComplete()).toBe(false);
    await expect(box.list.incidents()).rejects.toMatchObject({ code: "incidents_loading" });
    box.put("incident:b", incident({ id: "b", openedAt: 2 }));
    await box.complete();
    expect(await box.list.incidents()).toMatchObject([{ id: "b" }]);
    await box.list.stop();
  });
});
