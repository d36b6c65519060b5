import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMemoryPlaces } from "../../detectors/backtest/memory-places.ts";
import { keyOf } from "../../detectors/evidence/known-things.ts";
import { learnPeerPlaces } from "../../detectors/learning/peer-places.ts";
import { NAME } from "../../detectors/outbound/place.ts";
import { DETECTORS } from "../../detectors/registry.ts";
import { createPeerPlaces } from "../../detectors/runner/peer-places.ts";
import { createRunner } from "../../detectors/runner.ts";
import { DAY_MS, HOUR_MS } from "../../detectors/time/zones.ts";
import { migrate } from "../../ingest/clickhouse/migrate.ts";
import { eventRow } from "../../ingest/store/event-row.ts";
import { bytesOf } from "../../ingest/store/insert.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { EventRecord } from "../../schemas/journal.ts";
import { MOST_PEER_PLACES, type PeersRecord } from "../../schemas/peers.ts";
import { RETENTION } from "../ingest/engine/events.ts";
import { logger, type RunningEngine, runEngine } from "../ingest/engine/running-engine.ts";
import { event, harness } from "./events.ts";

const TODAY = Math.floor(Date.now() / DAY_MS) * DAY_MS;

/** Each agent goes to each place on so many days before today. */
function visits(agents: readonly string[], days: number, fields: Partial<EventRecord>): EventRecord[] {
  return agents.flatMap((agent) =>
    Array.from({ length: days }, (_, day) => event(TODAY - (day + 1) * DAY_MS + 9 * HOUR_MS, { agent, ...fields })),
  );
}

/** All of it came in today. */
function backdated(events: readonly EventRecord[]): EventRecord[] {
  return events.map((one, n) => ({ ...one, clock: "late", arrived_at: TODAY + n * 1000 }));
}

const EVENTS = [
  ...visits(["a", "b", "c"], 4, { target: "https://api.partner.test/v1/x" }),
  ...visits(["a", "b"], 3, { kind: "api_call", endpoint: "https://cdn.partner.test/y", target: undefined } as never),
  ...visits(["a", "b"], 5, { target: "#general" }),
  ...visits(["a", "b", "c"], 2, { target: "two-days.test" }),
  ...visits(["a"], 9, { target: "one-agent.test" }),
  ...visits(["a", "b"], 9, { target: "Told.test" }),
  ...backdated(visits(["a", "b"], 5, { target: "backdated.test" })),
  ...visits(["a"], 4, { target: "https://Upper.test/x" }),
  ...visits(["b"], 4, { target: "https://upper.test/y" }),
].sort((x, y) => x.judged_at - y.judged_at);

const KNOWN = [
  { place: "api.partner.test", agents: 3 },
  { place: "#general", agents: 2 },
  { place: "cdn.partner.test", agents: 2 },
  { place: "upper.test", agents: 2 },
];

describe("what peers know", () => {
  let running: RunningEngine;
  beforeAll(async () => {
    running = await runEngine({});
    await migrate(running.writer, { database: "watchkeeper", retention: RETENTION, logger });
  });
  afterAll(() => running.close());

  it("are places that two agents go to on three days each, and that no page told of: out of the store", async () => {
    const values = EVENTS.map((one, offset) => {
      const row = eventRow(one, Buffer.from(JSON.stringify(one)), { topic: "agent-journal", partition: 0, offset });
      return JSON.parse(bytesOf([row]).toString()) as object;
    });
    await running.writer.insert({ table: "events", values, format: "JSONEachRow" });
    const told = { agent: "a", detector: "outbound", id: "f", at: TODAY, subject: "told.test", severity: "warning" };
    await running.writer.insert({ table: "findings", values: [told], format: "JSONEachRow" });
    const { places } = await learnPeerPlaces(running.writer, TODAY + HOUR_MS);
    expect(places).toEqual(KNOWN);
  });

  it("is the same in a backtest", () => {
    const memory = createMemoryPlaces();
    memory.flag({ detector: "outbound", subject: "told.test", severity: "warning", at: TODAY } as Finding);
    for (const one of EVENTS) memory.add(one);
    expect(memory.learned(TODAY + HOUR_MS)?.places).toEqual(KNOWN);
  });
});

describe("a destination that is new for one agent", () => {
  const START = Date.UTC(2026, 0, 5);
  /** Two weeks of work, then a new place three times in one run. */
  function said(
    target: string | undefined,
    peers?: PeersRecord["places"],
    fields: Partial<EventRecord> = {},
  ): readonly Finding[] {
    const { take, takeAll } = harness({});
    for (let n = 0; n < 200; n++) {
      const at = START + Math.floor(n / 20) * DAY_MS + (n % 20) * 600_000;
      takeAll([event(at, { run: `r${n}`, tool: "fetch", target: "https://api.acme.test/v1" })]);
    }
    const later = START + 11 * DAY_MS;
    if (peers !== undefined) take({ type: "peers", at: later, places: peers });
    return takeAll(
      [0, 1].map((n) =>
        event(later + n * 5000, { run: "new", tool: "fetch", ...(target === undefined ? {} : { target }), ...fields }),
      ),
    );
  }

  it.each(["https://partner.test/x", "http://203.0.113.9/in"])(
    "is less odd when peers are used to it: %s",
    (target) => {
      const place = new URL(target).hostname;
      const nats = (peers?: PeersRecord["places"]) =>
        Math.max(0, ...said(target, peers).map(({ observed }) => observed));
      const alone = nats();
      expect(alone).toBeGreaterThan(2.5);
      expect(nats([])).toBe(alone);
      expect(nats([{ place, agents: 1 }])).toBe(alone);
      expect(nats([{ place, agents: 2 }])).toBeLessThan(alone - 1.5);
    },
  );

  it("says whether they know it, once peers were asked", () => {
    const words = (peers?: PeersRecord["places"]) => said("https://partner.test/x", peers)[0]?.title;
    expect(words()).toBe("new destination: partner.test, a new domain");
    expect(words([])).toBe(words());
    expect(words([{ place: "other.test", agents: 3 }])).toBe(
      "new destination: partner.test, a new domain, not known to be used by others",
    );
  });

  it("says nothing of peers where they were not asked, or where not all that they know was told", () => {
    const raw = JSON.stringify({ details: { to: "anna@partner.test" } });
    const peers = [{ place: "other.test", agents: 3 }];
    const inArguments = said(undefined, peers, { raw });
    expect(inArguments[0]?.title).toBe("new destination: anna@partner.test, a new domain");
    const full = Array.from({ length: MOST_PEER_PLACES }, (_, n) => ({ place: `p${n}.test`, agents: 2 }));
    expect(said("https://partner.test/x", full)[0]?.title).toBe("new destination: partner.test, a new domain");
  });

  it("is not vouched for because its number is that of a known place", () => {
    const [known, madeUp] = ["team-139599", "team-322382"];
    expect(keyOf(known, 0, known.length, NAME + 1)).toBe(keyOf(madeUp, 0, madeUp.length, NAME + 1));
    const places = createPeerPlaces(() => undefined);
    places.onRecord({ type: "peers", at: 1, places: [{ place: known, agents: 5 }] });
    expect(places.agentsAt({ form: NAME, text: known })).toBe(5);
    expect(places.agentsAt({ form: NAME, text: madeUp })).toBe(0);
  });

  it("that anybody can take data from is vouched for by nobody", () => {
    const place = "webhook.site";
    const nats = (peers: PeersRecord["places"]) => said(`https://${place}/x`, peers)[0]?.observed;
    expect(nats([{ place, agents: 40 }])).toBe(nats([]));
  });

  it("is judged the same after a restart", () => {
    const peers: PeersRecord = { type: "peers", at: 1, places: KNOWN };
    const before = createRunner({ detectors: DETECTORS, partition: 0 });
    before.evaluate(peers, { partition: 0, offset: 0 });
    expect(before.takeDirty()).toContain("peers");
    const after = createRunner({ detectors: DETECTORS, partition: 0 });
    after.restore("peers", Buffer.from(before.save("peers") ?? ""));
    expect(after.save("peers")).toBe(before.save("peers"));
    expect(after.takeDirty()).toEqual([]);
  });
});
