import { pino } from "pino";
import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import type { Change } from "../../alerting/change.ts";
import { createIncidentBook } from "../../alerting/incident-book.ts";
import type { Judge } from "../../alerting/ports.ts";
import { createAlertingTelemetry } from "../../alerting/telemetry.ts";
import { type AlertWatch, createWatch } from "../../alerting/watch.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { FindingsRecord, Incident } from "../../schemas/incident.ts";
import type { EventRecord } from "../../schemas/journal.ts";
import { TOPICS } from "../../schemas/topics.ts";
import { textSink } from "./harness.ts";
import { AT, finding } from "./sample.ts";

const MINUTE = 60_000;

/** A judge that finds what it is told to at an offset, and logs in which order it was asked. */
function scripted(script: Record<number, readonly Finding[] | Error>, timers: number[] = []) {
  const asked: string[] = [];
  const judge: Judge = {
    evaluate(_record, { offset }) {
      asked.push(`record ${offset}`);
      const found = script[offset] ?? [];
      if (found instanceof Error) throw found;
      return found;
    },
    fire(due) {
      asked.push(`timer ${(due - AT) / MINUTE}`);
      timers.shift();
      return [];
    },
    nextDue: () => timers[0],
    caughtUp: () => {},
    takeRecords: () => [],
    takeDirty: () => [],
    save: () => null,
    restore: (key) => void asked.push(`state ${key}`),
  };
  return { judge, asked };
}

function watchOf(judge: Judge) {
  const registry = new Registry();
  const log = textSink();
  const telemetry = createAlertingTelemetry({ logger: pino(log.stream), registry, pending: () => 0 });
  const released: Change[] = [];
  const order: string[] = [];
  const outlet = {
    restoreIncident: ({ id }: Incident) => void order.push(`incident ${id}`),
    restoreSent: (id: string) => void order.push(`sent ${id}`),
    start: () => void order.push("start"),
    handle: (changes: readonly Change[]) => void released.push(...changes),
    close: async () => void order.push("close"),
  };
  const watch = createWatch({ judge, book: createIncidentBook({ partition: 0 }), telemetry, outlet });
  return { watch, registry, log: log.text, released, order };
}

const event = (at: number) => ({ type: "event", arrived_at: at }) as EventRecord;
const tick = (at: number) => ({ type: "tick", at }) as const;
const at = (offset: number) => ({ partition: 0, offset });

function records(watch: AlertWatch): FindingsRecord[] {
  return watch.takeOutputs().appends.map(({ value }) => JSON.parse(value) as FindingsRecord);
}

describe("the watch of one partition", () => {
  it("fires what is due before the record, in due order, whatever kind the record is", () => {
    const { judge, asked } = scripted({ 2: [] }, [AT + MINUTE, AT + 3 * MINUTE]);
    const { watch } = watchOf(judge);
    watch.process(event(AT), at(1));
    watch.process(tick(AT + 2 * MINUTE), at(2));
    expect(asked).toEqual(["record 1", "timer 1", "record 2"]);
    expect(watch.nextDue()).toBe(AT + 3 * MINUTE);
  });

  it("puts the incident out with its finding, once, and tells the sender when it is durable", () => {
    const { judge } = scripted({ 10: [finding()] });
    const { watch, released } = watchOf(judge);
    watch.process(event(AT - 5), at(10));
    const { puts, appends, changed } = watch.takeOutputs();
    expect(puts).toMatchObject([{ topic: TOPICS.incidents, key: expect.stringMatching(/^incident:/) }]);
    expect(appends.map(({ value }) => JSON.parse(value).type)).toEqual(["finding", "incident"]);
    expect(watch.takeOutputs()).toEqual({ puts: [], appends: [], routed: [], changed: [] });
    expect(released).toEqual([]);
    watch.release(changed);
    expect(released).toMatchObject([{ kind: "changed", arrivedAt: AT - 5, incident: { state: "open" } }]);
  });

  it("resolves by the clock of later records, at the moment that was due", () => {
    const { judge } = scripted({ 10: [finding()] });
    const { watch } = watchOf(judge);
    watch.process(event(AT), at(10));
    watch.takeOutputs();
    watch.process(tick(AT + 60 * MINUTE), at(11));
    const [transition] = records(watch);
    expect(transition).toMatchObject({
      type: "incident",
      incident: { state: "resolved", resolvedAt: AT + 10 * MINUTE },
    });
  });

  it("keeps an incident alive in its record without telling anybody", () => {
    const { judge } = scripted({ 10: [finding()], 11: [finding({ offset: 11, at: AT + MINUTE })] });
    const { watch } = watchOf(judge);
    watch.process(event(AT), at(10));
    watch.takeOutputs();
    watch.process(event(AT + MINUTE), at(11));
    const { puts, changed, appends } = watch.takeOutputs();
    expect([puts.length, changed.length, appends.length]).toEqual([1, 0, 1]);
  });

  it("goes on when judging a record fails, and says so", async () => {
    const { judge } = scripted({ 10: new Error("a detector broke"), 11: [finding({ offset: 11 })] });
    const { watch, registry, log } = watchOf(judge);
    watch.process(event(AT), at(10));
    watch.process(event(AT), at(11));
    expect(watch.takeOutputs().changed).toHaveLength(1);
    expect(log()).toContain("a detector broke");
    expect(await registry.metrics()).toContain("watchkeeper_alert_judge_failures_total 1");
  });

  it("a timer that never moves on holds back no incident and no record", () => {
    const { judge } = scripted({ 10: [finding()] });
    const { watch } = watchOf({ ...judge, nextDue: () => AT, fire: () => [] });
    watch.process(event(AT), at(10));
    watch.process(tick(AT + 60 * MINUTE), at(11));
    expect(watch.takeOutputs().changed).toMatchObject([{ incident: { state: "resolved" } }]);
  });

  it("ignores a replay of what a restored incident holds, and starts sending when all is restored", () => {
    const first = watchOf(scripted({ 10: [finding()] }).judge);
    first.watch.process(event(AT), at(10));
    const [put] = first.watch.takeOutputs().puts;
    const { judge, asked } = scripted({ 10: [finding()], 12: [finding({ offset: 12, severity: "critical" })] });
    const { watch, order } = watchOf(judge);
    const value = Buffer.from(put?.value ?? "");
    watch.restore(TOPICS.watchState, "agent:competitor_monitor", Buffer.from("{}"));
    watch.restore(TOPICS.incidents, put?.key ?? "", value);
    watch.restore(TOPICS.incidents, "sent:0123456789abcdef", Buffer.from("{}"));
    watch.process(event(AT), at(10));
    expect(watch.takeOutputs()).toEqual({ puts: [], appends: [], routed: [], changed: [] });
    watch.nextDue();
    expect(order).toEqual([expect.stringMatching(/^incident/), "sent 0123456789abcdef", "start"]);
    watch.process(event(AT), at(12));
    expect(watch.takeOutputs().changed).toMatchObject([{ incident: { revision: 2, severity: "critical" } }]);
    expect(asked[0]).toBe("state agent:competitor_monitor");
  });

  it("hands on what ended a day ago, so that its records can go", () => {
    const { judge } = scripted({ 10: [finding()] });
    const { watch } = watchOf(judge);
    watch.process(event(AT), at(10));
    watch.takeOutputs();
    watch.process(tick(AT + 26 * 60 * MINUTE), at(11));
    expect(watch.takeOutputs().changed).toMatchObject([{ kind: "forgotten" }]);
  });
});
