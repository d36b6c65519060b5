import { EventEmitter } from "node:events";
import type { Consumer } from "kafkajs";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Supervised, superviseConsumer } from "../../../../ingest/log/kafka/supervise.ts";

const EVENTS = {
  HEARTBEAT: "heartbeat",
  GROUP_JOIN: "join",
  FETCH_START: "fetch-start",
  FETCH: "fetch",
  CRASH: "crash",
};

/** A consumer whose calls do what the test says. */
class Puppet extends EventEmitter {
  readonly events = EVENTS;
  disconnects = 0;
  isRunning = false;
  connect = async (): Promise<void> => undefined;
  subscribe = async (): Promise<void> => undefined;
  run = async (): Promise<void> => {
    this.isRunning = true;
  };
  disconnect = async (): Promise<void> => {
    this.disconnects += 1;
  };
  crash(error: unknown): void {
    this.emit(EVENTS.CRASH, { payload: { error } });
  }
}

const passes = () => Object.assign(new Error("connection lost"), { retriable: true });

describe("a supervised consumer", () => {
  const puppets: Puppet[] = [];
  const fatal: unknown[] = [];
  let gone = 0;
  let supervised: Supervised | undefined;

  beforeEach(() => {
    vi.useFakeTimers();
    puppets.length = 0;
    fatal.length = 0;
    gone = 0;
  });
  afterEach(async () => {
    const stopped = supervised?.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    await stopped;
    vi.useRealTimers();
  });

  function supervise(dress: (puppet: Puppet, life: number) => void = () => undefined): Supervised {
    supervised = superviseConsumer({
      ...{ group: "g", topics: ["t"], attach: () => undefined, eachBatch: async () => undefined },
      create() {
        const puppet = new Puppet();
        puppets.push(puppet);
        dress(puppet, puppets.length);
        return puppet as unknown as Consumer;
      },
      onGone: () => {
        gone += 1;
      },
      onFatal: (error) => void fatal.push(error),
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      logger: pino({ level: "silent" }),
    });
    return supervised;
  }

  const newest = () => puppets.at(-1) as Puppet;
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

  it("is followed by another when it crashes, and the first is told to go", async () => {
    const { current } = supervise();
    await pass(0);
    newest().crash(passes());
    await pass(2_000);
    expect(puppets.map(({ isRunning }) => isRunning)).toEqual([true, true]);
    expect(puppets[0]?.disconnects).toBeGreaterThan(0);
    expect(gone).toBe(1);
    expect(supervised?.current).toBe(newest());
    expect(supervised?.current).not.toBe(current);
    // What the first still says is heard by nobody.
    puppets[0]?.crash(passes());
    await pass(2_000);
    expect(puppets).toHaveLength(2);
  });

  it("is said to be gone before it leaves its group, when it crashes and when it is silent", async () => {
    const order: string[] = [];
    supervise((puppet) => {
      puppet.disconnect = async () => void order.push(`leaves, ${gone} gone`);
    });
    await pass(0);
    newest().crash(passes());
    await pass(2_000);
    expect(order[0]).toBe("leaves, 1 gone");
    order.length = 0;
    await pass(70_000);
    expect(puppets).toHaveLength(3);
    expect(order[0]).toBe("leaves, 2 gone");
  });

  it("is tried again for as long as brokers do not answer", async () => {
    supervise((puppet, life) => {
      if (life < 30) puppet.connect = () => Promise.reject(passes());
    });
    await pass(40_000);
    expect(puppets).toHaveLength(30);
    expect(newest().isRunning).toBe(true);
    expect(fatal).toEqual([]);
  });

  it("is followed by another when it lives and nothing is heard of it for a minute", async () => {
    supervise((puppet, life) => {
      if (life === 1) puppet.connect = () => new Promise(() => undefined);
      if (life === 1) puppet.disconnect = () => new Promise(() => undefined);
    });
    await pass(60_000);
    expect(puppets).toHaveLength(1);
    await pass(15_000);
    expect(puppets).toHaveLength(2);
  });

  it("is followed by another when a fetch does not come back while heartbeats go on", async () => {
    supervise();
    await pass(0);
    newest().emit(EVENTS.FETCH_START, { payload: { nodeId: 2 } });
    for (let seconds = 0; seconds < 80 && puppets.length === 1; seconds += 1) {
      newest().emit(EVENTS.HEARTBEAT, {});
      await pass(1_000);
    }
    await pass(2_000);
    expect(puppets).toHaveLength(2);
  });

  it("is given up at once when only a person can help", async () => {
    const refused = Object.assign(new Error("wrong password"), { name: "KafkaJSSASLAuthenticationError" });
    supervise((puppet) => {
      puppet.connect = () => Promise.reject(refused);
    });
    await pass(10_000);
    expect(puppets).toHaveLength(1);
    expect(fatal).toEqual([expect.objectContaining({ code: "kafka_auth_failed" })]);
  });

  it("is given up when it dies five times in a row of what may not pass, with no heartbeat in between", async () => {
    supervise((puppet, life) => {
      puppet.run = async () => {
        if (life === 3) puppet.emit(EVENTS.HEARTBEAT, {});
        throw new Error("something odd");
      };
    });
    await pass(60_000);
    expect(puppets).toHaveLength(7);
    expect(fatal).toEqual([expect.objectContaining({ code: "kafka_failed" })]);
  });

  /** Stops one whose broker does not answer; how long that takes. */
  async function stopSilent(hasJoined: boolean, late?: AbortSignal): Promise<number> {
    const running = supervise((puppet) => {
      puppet.disconnect = () => new Promise(() => undefined);
    });
    await pass(0);
    if (hasJoined) newest().emit(EVENTS.GROUP_JOIN, {});
    const [began, lives] = [Date.now(), puppets.length];
    let took = Number.NaN;
    void running.stop(late).then(() => {
      took = Date.now() - began;
    });
    await pass(60_000);
    expect(puppets).toHaveLength(lives);
    return took;
  }

  it("stops in seconds even if the broker does not answer", async () => {
    expect(await stopSilent(true)).toBe(5_000);
  });

  it("is not waited for long while it only asks to join: the broker says nothing until all others have", async () => {
    expect(await stopSilent(false)).toBe(1_000);
  });

  it("is waited for no longer than the one who stops it can", async () => {
    const late = new AbortController();
    setTimeout(() => late.abort(), 2_000);
    expect(await stopSilent(true, late.signal)).toBe(2_000);
    expect(await stopSilent(true, late.signal)).toBe(0);
  });
});
