import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configHash, writeFirstConfig } from "../../../ingest/watch/config-record.ts";
import { configSchema, watchConfigOf } from "../../../schemas/config.ts";
import { WatchkeeperError } from "../../../schemas/errors.ts";
import { GROUPS, TOPICS } from "../../../schemas/topics.ts";
import { sleep, type TemporaryLog, temporaryLog } from "../store/fixtures.ts";

let temporary: TemporaryLog;
beforeEach(async () => {
  temporary = await temporaryLog(3);
});
afterEach(() => temporary.remove());

const config = watchConfigOf(configSchema.parse({}));
const timing = { now: () => 5, random: () => 0, sleep: (_ms: number, signal: AbortSignal) => sleep(1, signal) };
const ends = async () => (await temporary.log.lag(GROUPS.watch, TOPICS.journal)).map(({ end }) => end);

describe("the first configuration", () => {
  it("goes into every partition of a journal that nobody wrote to, and into no other", async () => {
    await writeFirstConfig({ log: temporary.log, config, ...timing });
    expect(await ends()).toEqual([1, 1, 1]);
    await writeFirstConfig({ log: temporary.log, config, ...timing });
    expect(await ends()).toEqual([1, 1, 1]);
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
