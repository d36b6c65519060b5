import { describe, expect, it } from "vitest";
import { createWatchdog } from "../../../../ingest/log/kafka/watchdog.ts";

const SILENT = "no heartbeat of the consumer was answered";

describe("the watchdog of a consumer", () => {
  it("is patient for so many ticks without a sign of life", () => {
    const dog = createWatchdog(3);
    expect([dog.tick(), dog.tick(), dog.tick(), dog.tick()]).toEqual([undefined, undefined, undefined, SILENT]);
  });

  it("begins anew with every sign of life", () => {
    const dog = createWatchdog(2);
    for (let n = 0; n < 10; n += 1) {
      expect(dog.tick()).toBeUndefined();
      dog.alive();
    }
  });

  it("notices a fetch that does not come back while heartbeats go on", () => {
    const dog = createWatchdog(2);
    const tick = () => {
      dog.alive();
      return dog.tick();
    };
    dog.fetching("1");
    dog.fetching("2");
    expect(tick()).toBeUndefined();
    dog.fetched("1");
    dog.fetching("1");
    expect(tick()).toBeUndefined();
    expect(tick()).toBe("a fetch from broker 2 does not come back");
    dog.fetched("2");
    dog.fetched("1");
    expect([tick(), tick(), tick()]).toEqual([undefined, undefined, undefined]);
  });
});
