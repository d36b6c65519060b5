import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createLateOpenings } from "../../alerting/send/late-openings.ts";
import { createTelling } from "../../alerting/send/telling.ts";
import { renderSlack } from "../../alerting/sinks/slack-message.ts";
import type { Incident } from "../../schemas/incident.ts";
import { type SlackServer, startSlackServer } from "../fakes/slack-server.ts";
import { createOutbox, type Outbox, type Running, type RunOptions, runSender } from "./harness.ts";
import { AT, finding, incidentOf } from "./sample.ts";

const until = (check: () => void) => vi.waitFor(check, { timeout: 90_000, interval: 20 });
const MINUTE_MS = 60_000;

let server: SlackServer;
let outbox: Outbox;
let running: Running[];

beforeEach(async () => {
  server = await startSlackServer();
  outbox = createOutbox();
  running = [];
});

afterEach(async () => {
  for (const one of running) await one.close();
  await server.close();
});

/** Everything that is told is told late. */
function run(options: RunOptions = {}): Running {
  const one = runSender(server, outbox, { lateAfterMs: 0, ...options });
  running.push(one);
  return one;
}

function outage(count: number, spacing = 10 * MINUTE_MS): Incident[] {
  return Array.from({ length: count }, (_, n) =>
    incidentOf(finding({ agent: `agent_${n}`, offset: n, at: AT + n * spacing })),
  );
}

describe("what happened while the watch was away", () => {
  it("is one summary, oldest first, however many there are and in whatever order they are judged", async () => {
    const incidents = outage(40, 19.5 * MINUTE_MS);
    const { tell } = run();
    for (const incident of [...incidents].reverse()) tell(incident);
    await until(() => expect(server.messages).toHaveLength(1));
    const [message] = server.messages;
    expect(message?.text).toBe(
      ":warning: *40 alerts* of 40 agents, judged late, opened 2026-01-27 13:32:15 to 2026-01-28 02:12:45 UTC",
    );
    const lines = JSON.stringify(message?.blocks).match(/agent_\d+/g);
    expect(lines).toEqual(incidents.map(({ agent }) => agent));
    await until(() => expect(outbox.notifications.filter(({ reason }) => reason === "late")).toHaveLength(40));
  });

  it("is edited as a summary after a restart too", async () => {
    const incidents = outage(3);
    const first = run();
    first.tell(...incidents);
    await until(() => expect(outbox.notifications).toHaveLength(3));
    await first.close();
    const [one] = incidents as [Incident];
    run().tell({ ...one, state: "resolved", resolvedAt: AT + MINUTE_MS, updatedAt: AT + MINUTE_MS, revision: 2 });
    await until(() => expect(JSON.stringify(server.messages[0]?.blocks)).toContain("resolved: quiet for 10 minutes"));
    expect(server.messages).toHaveLength(1);
    expect(JSON.stringify(server.messages[0]?.blocks)).toContain("judged late");
  });

  it("alone is a message of its own, and what is in time does not wait for it", async () => {
    const { tell } = run({ lateAfterMs: 10 * MINUTE_MS });
    const [now, before] = outage(2) as [Incident, Incident];
    outbox.state.set(`incident:${before.id}`, JSON.stringify(before));
    const restarted = run({ lateAfterMs: 10 * MINUTE_MS });
    tell(now);
    await until(() => expect(server.messages).toHaveLength(1));
    expect(server.messages[0]?.text).toContain("agent_0");
    await until(() => expect(server.messages).toHaveLength(2));
    expect(server.messages[1]?.text).toContain("agent_1");
    await until(() => expect(restarted.sender.pending()).toBe(0));
  });

  it("says the day only where it was long", () => {
    const [first, second] = outage(2) as [Incident, Incident];
    const content = { kind: "group", incidents: [first, second], changed: new Set<string>(), late: true } as const;
    expect(renderSlack(content, "full", () => "Europe/Berlin").text).toBe(
      ":warning: *2 alerts* of 2 agents, judged late, opened 14:32:15 to 14:42:15",
    );
  });
});

describe("a summary", () => {
  const memory = {} as never;
  const telling = (at: number) => createTelling(incidentOf(finding({ at })), "#alerts", memory);

  it("waits until no more comes, and two minutes at most", () => {
    const late = createLateOpenings(10 * MINUTE_MS);
    const now = AT + 60 * MINUTE_MS;
    expect(late.add(telling(now - 10 * MINUTE_MS + 1), now)).toBe(false);
    for (let second = 0; second < 200; second += 2) {
      expect(late.add(telling(AT), now + second * 1000)).toBe(true);
      const isDue = (late.dueAt() ?? 0) <= now + second * 1000;
      expect(isDue).toBe(second >= 120);
    }
    expect(late.take(now + 200_000)).toHaveLength(100);
    expect(late.dueAt()).toBeUndefined();
  });

  it("has no place for what was a note for hours, or hidden, and speaks now", () => {
    const late = createLateOpenings(10 * MINUTE_MS);
    const now = AT + 180 * MINUTE_MS;
    const noted = telling(AT);
    noted.arrivedAt = AT;
    noted.incident = { ...noted.incident, posts: [...noted.incident.posts, { step: "raised", revision: 2, at: now }] };
    const hidden = telling(AT);
    hidden.hiddenNoted = true;
    expect([late.add(noted, now), late.add(hidden, now)]).toEqual([false, false]);
  });

  it("that could not be sent goes at once when it may, with what came meanwhile", () => {
    const late = createLateOpenings(0);
    late.add(telling(AT + 5), AT + 10);
    const taken = late.take(AT + MINUTE_MS);
    late.add(telling(AT), AT + MINUTE_MS);
    late.putBack(taken);
    expect(late.take(AT + MINUTE_MS).map(({ incident }) => incident.openedAt)).toEqual([AT, AT + 5]);
  });
});
