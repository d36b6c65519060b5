import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configHash, writeFirstConfig } from "../../../ingest/watch/config-record.ts";
import { configSchema, watchConfigOf } from "../../../schemas/config.ts";
import { WatchkeeperError } from "../../../schemas/errors.ts";
import { GROUPS, TOPICS } from "../../../schemas/topics.ts";
import { silent, sleep, type TemporaryLog, temporaryLog } from "../store/fixtures.ts";

let temporary: TemporaryLog;
beforeEach(async () => {
  temporary = await temporaryLog(3);
});
afterEach(() => temporary.remove());

const config = watchConfigOf(configSchema.parse({}));
/** Waits between two tries are short; the whole of what may be waited is not, unless a test says so. */
const quick = (longestMs: number) => (ms: number, signal: AbortSignal) => sleep(ms < 10_000 ? 1 : longestMs, signal);
const timing = { now: () => 5, random: () => 0, sleep: quick(60_000), logger: silent };
const ends = async () => (await temporary.log.lag(GROUPS.watch, TOPICS.journal)).map(({ end }) => end);

describe("the first configuration", () => {
  it("goes into every partition of a journal that nobody wrote to, and into no other", async () => {
    await writeFirstConfig({ log: temporary.log, config, ...timing });
    expect(await ends()).toEqual([1, 1, 1]);
    await writeFirstConfig({ log: temporary.log, config, ...timing });
    expect(await ends()).toEqual([1, 1, 1]);
  });

  it("goes into the partitions that a start which ended half-way did not reach", async () => {
    await temporary.log.broadcast(TOPICS.journal, "{}", [1]);
    expect(await ends()).toEqual([0, 1, 0]);
    await writeFirstConfig({ log: temporary.log, config, ...timing });
    expect(await ends()).toEqual([1, 1, 1]);
  });

  it.each(["refuses", "does not answer"])("ends with a sentence when the log %s for too long", async (what) => {
    const away = new WatchkeeperError("fewer replicas than there must be", {
      code: "log_unavailable",
      verdict: "retry",
    });
    const broadcast = () => (what === "refuses" ? Promise.reject(away) : new Promise<never>(() => undefined));
    const log = { lag: temporary.log.lag, broadcast };
    await expect(writeFirstConfig({ log, config, ...timing, sleep: quick(50) })).rejects.toMatchObject({
      code: "log_unavailable",
      verdict: "fatal",
      message: expect.stringMatching(/^The configuration could not be written into the journal within 30 s: /),
      hint: expect.stringContaining("min.insync.replicas"),
    });
  });

  it("waits for a log that cannot say yet", async () => {
    let asked = 0;
    const lag: typeof temporary.log.lag = (group, topic) => {
      asked += 1;
      if (asked < 3) throw new WatchkeeperError("no leader yet", { code: "log_unavailable", verdict: "retry" });
      return temporary.log.lag(group, topic);
    };
    await writeFirstConfig({ log: { lag, broadcast: temporary.log.broadcast }, config, ...timing });
    expect(await ends()).toEqual([1, 1, 1]);
  });

  it("has the same hash when it says the same", () => {
    expect(configHash(watchConfigOf(configSchema.parse({})))).toBe(configHash(config));
    expect(configHash(watchConfigOf(configSchema.parse({ timezone: "Europe/Berlin" })))).not.toBe(configHash(config));
    expect(configHash(config)).toMatch(/^[0-9a-f]{16}$/);
  });
});
