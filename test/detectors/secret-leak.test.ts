import { Writable } from "node:stream";
import fc from "fast-check";
import pc from "picocolors";
import { pino } from "pino";
import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { createIncidentBook } from "../../alerting/incident-book.ts";
import { notificationOf } from "../../alerting/send/notification.ts";
import { renderSlack } from "../../alerting/sinks/slack-message.ts";
import { renderTerminal } from "../../alerting/sinks/terminal-message.ts";
import { createAlertingTelemetry } from "../../alerting/telemetry.ts";
import { DETECTORS } from "../../detectors/registry.ts";
import { secretLeak } from "../../detectors/secret-leak.ts";
import { toJournal } from "../../ingest/intake/to-log.ts";
import type { EventRecord } from "../../schemas/journal.ts";
import { detectorContract } from "../contract/detector-contract.ts";
import { accepted, action, sourceAt } from "../ingest/intake/harness.ts";
import { IN_CONTEXT, MIXED, made, TOKENS } from "../ingest/intake/secret-examples.ts";
import { configOf, event, type Harness, harness } from "./events.ts";

const KEY = made("sk-", "ant-api03-", MIXED, "-", MIXED, "AA");

detectorContract(secretLeak, { config: configOf({}), stateLimit: 12_000 });

/** An event as the watch reads it from the journal. */
const journaled = (fields: object): EventRecord => JSON.parse(String(toJournal(accepted(action(fields))).value));

const take = (fields: object, { take }: Harness = harness({}, [secretLeak])) => take(journaled(fields));

/** Everything that would be said, shown or logged of these events, by all detectors. */
function everythingSaid(events: readonly EventRecord[]): { text: string; kinds: readonly string[] } {
  const out: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      out.push(String(chunk));
      done();
    },
  });
  const options = { logger: pino(stream), registry: new Registry(), pending: () => 0 };
  const telemetry = createAlertingTelemetry(options);
  const book = createIncidentBook({ partition: 0 });
  const watched = harness({}, DETECTORS);
  const kinds: string[] = [];
  for (const one of events) {
    for (const finding of watched.take(one)) {
      if (finding.detector === "secret-leak") kinds.push(finding.subject);
      out.push(JSON.stringify(finding));
      for (const incident of book.apply(finding)) {
        const content = { kind: "incident", incident } as const;
        out.push(JSON.stringify(incident), JSON.stringify(renderSlack(content, "full", () => "UTC")));
        const look = { colors: pc.createColors(false), timezoneOf: () => "UTC" };
        out.push(...renderTerminal(content, false, look), ...renderTerminal(content, true, look));
        const told = {
          sink: "slack",
          channel: "#x",
          action: "post",
          reason: "first",
          error: "",
          arrivedAt: 0,
        } as const;
        telemetry.notified(notificationOf({ incident, at: finding.at, ...told }));
      }
    }
  }
  for (const key of watched.runner.takeDirty()) out.push(watched.runner.save(key) ?? "");
  return { text: out.join("\n"), kinds };
}

describe("a secret in an event", () => {
  it("is told with its kind and field, never itself", () => {
    const [finding] = take({ details: { text: `use ${KEY} for it` } });
    expect(finding).toMatchObject({
      severity: "critical",
      subject: "anthropic_key",
      title: "wrote an Anthropic key into an event",
      facts: ["in details.text of read_page at 14:33 UTC", "stored as [redacted:anthropic_key]"],
      quietAfterMs: 86_400_000,
    });
  });

  it.each([
    [{ error: `401 for key ${KEY}` }, "in error of"],
    [{ credential: KEY }, "in credential of"],
    [{ details: { list: [{ a: "x" }, { b: KEY }] } }, "in details.list.b of"],
    [{ details: { [KEY]: 1 } }, "in details, a name of"],
    [{ notes: KEY, run: KEY }, "in notes and run of"],
  ])("is found where it stands: %#", (fields, place) => {
    expect(take(fields)[0]?.facts[0]).toContain(place);
  });

  it("known by its name alone is a warning", () => {
    expect(take({ details: { password: "hunter2!" } })).toMatchObject([{ severity: "warning", subject: "password" }]);
  });

  it("that the agent had taken out itself is none", () => {
    expect(take({ details: { text: "[redacted:anthropic_key]", password: "***" } })).toEqual([]);
  });

  it("again and again is one incident, and said at most once a minute", () => {
    const { takeAll } = harness({}, [secretLeak]);
    const at = Date.UTC(2026, 0, 27);
    const leaks = Array.from({ length: 90 }, (_, n) => event(at + 1000 * n, { redacted: { jwt: 1 } }));
    expect(takeAll(leaks).map(({ subject, observed }) => [subject, observed])).toEqual([
      ["jwt", 1],
      ["jwt", 61],
    ]);
  });

  it("is seen in late events, never in history", () => {
    const late = { timestamp: "2026-01-26T14:32:15Z", notes: KEY };
    expect(take(late)).toHaveLength(1);
    expect(harness({}, [secretLeak]).take(accepted(action(late), sourceAt(undefined, true)))).toEqual([]);
  });
});

describe("no secret of any kind", () => {
  const whole = [
    ...TOKENS,
    ...IN_CONTEXT.map(([kind, before, secret, after]) => [kind, secret, before, after] as const),
  ];

  it.each(whole)(
    "%s is repeated in a finding, a message, a log line or the state",
    (kind, secret, before = "", after = "") => {
      const text = `${before}${secret}${after}`;
      const places: object[] = [
        { details: { text }, error: text },
        { notes: text, endpoint: text, target: text },
        { action: `tool ${text}`, run: text, model: text, approved_by: text },
        { id: text, trigger: text, parent: text, details: { [`name ${text}`]: 1 } },
        { agent: `agent ${text}`.slice(0, 256).replaceAll("\n", " "), details: text },
      ];
      const said = everythingSaid(places.map(journaled));
      expect(said.kinds).toContain(kind);
      // Values of few letters are also parts of other words.
      if (secret.length < 6) return;
      expect(said.text).not.toContain(secret);
      expect(said.text).not.toContain(secret.slice(-12));
    },
  );

  it("is repeated whatever stands around it", () => {
    const around = fc.string({ maxLength: 20 });
    fc.assert(
      fc.property(fc.constantFrom(...TOKENS), around, around, ([, secret], before, after) => {
        const said = everythingSaid([journaled({ details: { text: `${before} ${secret} ${after}` } })]);
        expect(said.kinds.length).toBeGreaterThan(0);
        expect(said.text).not.toContain(secret);
      }),
      { numRuns: 100 },
    );
  });
});
