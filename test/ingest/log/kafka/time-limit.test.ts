import { describe, expect, it } from "vitest";
import { withinTime } from "../../../../ingest/log/kafka/time-limit.ts";

describe("a time limit", () => {
  it("gives what the work gives, or what it fails with", async () => {
    await expect(withinTime(Promise.resolve(7), 10_000, "work")).resolves.toBe(7);
    const failure = new Error("broken");
    await expect(withinTime(Promise.reject(failure), 10_000, "work")).rejects.toBe(failure);
  });

  it("gives up on work that never settles, with an error that says to try again", async () => {
    await expect(withinTime(new Promise(() => undefined), 5, "leaving the group")).rejects.toMatchObject({
      code: "log_unavailable",
      verdict: "retry",
      message: "Kafka: leaving the group took longer than 5 ms.",
    });
  });

  it("names what is left of another limit without its many digits", async () => {
    const late = withinTime(new Promise(() => undefined), 1_004.999836998, "an append");
    await expect(late).rejects.toMatchObject({ message: "Kafka: an append took longer than 1 s." });
  });

  it("hears of a failure that comes too late, so that nobody else must", async () => {
    let fail: (error: unknown) => void = () => undefined;
    const work = new Promise<never>((_, reject) => {
      fail = reject;
    });
    await expect(withinTime(work, 5, "work")).rejects.toMatchObject({ code: "log_unavailable" });
    const unhandled: unknown[] = [];
    const listener = (reason: unknown) => void unhandled.push(reason);
    process.on("unhandledRejection", listener);
    fail(new Error("late"));
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", listener);
    expect(unhandled).toEqual([]);
  });
});
