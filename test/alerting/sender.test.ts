import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Clock, createSystemClock } from "../../alerting/clock.ts";
import { createIncidentBook } from "../../alerting/incident-book.ts";
import { withResolvers } from "../../ingest/log/resolvers.ts";
import type { Incident } from "../../schemas/incident.ts";
import { type SlackServer, startSlackServer } from "../fakes/slack-server.ts";
import { createOutbox, type Outbox, type Running, type RunOptions, runSender } from "./harness.ts";
import { AT, budget, finding, incidentOf } from "./sample.ts";

const until = (check: () => void) => vi.waitFor(check, { timeout: 90_000, interval: 10 });

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

function run(options: RunOptions = {}): Running {
  const one = runSender(server, outbox, options);
  running.push(one);
  return one;
}

/** The life of a budget's incident: opened, 90 %, 100 %, resolved. */
function budgetLife(): [Incident, Incident, Incident, Incident] {
  const book = createIncidentBook({ partition: 0 });
  const [opened] = book.apply(budget(70));
  const [more] = book.apply(budget(90, { offset: 11 }));
  const [limit] = book.apply(budget(100, { offset: 12 }));
  const [resolved] = book.advance(book.nextDue() as number);
  return [opened, more, limit, resolved] as [Incident, Incident, Incident, Incident];
}

function many(count: number): Incident[] {
  return Array.from({ length: count }, (_, n) => incidentOf(finding({ agent: `agent_${n}`, offset: n, at: AT + n })));
}

async function recorded(id: string, revision: number) {
  await until(() => {
    const { sinks } = JSON.parse(outbox.state.get(`sent:${id}`) ?? '{"sinks":{}}');
    expect(sinks.slack).toMatchObject({ revision, posted: expect.any(Number) });
  });
}

describe("who may send", () => {
  it("is only the surely present owner of the partition: an unsure one waits until it knows", async () => {
    let owner = false;
    let asked = 0;
    const isOwner = () => {
      asked += 1;
      return owner;
    };
    const { tell } = run({ isOwner });
    const [opened] = budgetLife();
    tell(opened);
    await until(() => expect(asked).toBeGreaterThan(0));
    expect(server.firsts()).toHaveLength(0);
    owner = true;
    await recorded(opened.id, 1);
    expect(server.firsts()).toHaveLength(1);
  });
});

describe("a partition that goes to another owner", () => {
  const fresh = () => incidentOf(finding({ at: Date.now() }));

  it("takes along what was being posted: it is waited for and recorded, and not posted again", async () => {
    const { promise, resolve: answer } = withResolvers();
    server.fail("chat.postMessage", { kind: "held", until: promise });
    let asked = 0;
    const isOwner = () => {
      asked += 1;
      return true;
    };
    const { tell, handOver } = run({ isOwner });
    const incident = fresh();
    tell(incident);
    await until(() => expect(asked).toBe(1));
    const handed = handOver();
    answer();
    await handed;
    expect(outbox.state.has(`sent:${incident.id}`)).toBe(true);
    run();
    await recorded(incident.id, 1);
    expect(server.messages).toHaveLength(1);
    expect(server.calls.map(({ method }) => method)).toEqual(["chat.postMessage"]);
  });

  it("and whose former owner posts meanwhile: the history is looked at once more before anything is posted", async () => {
    const { promise, resolve: answer } = withResolvers();
    server.fail("chat.postMessage", { kind: "held", until: promise });
    let asked = 0;
    const isOwner = () => {
      asked += 1;
      return true;
    };
    const former = run({ isOwner });
    const incident = fresh();
    former.tell(incident);
    await until(() => expect(asked).toBe(1));
    former.lose();
    run({ lookAgainMs: 1_500 });
    const looks = () => server.calls.filter(({ method }) => method === "conversations.history");
    await until(() => expect(looks()).toHaveLength(1));
    answer();
    await recorded(incident.id, 1);
    expect(server.messages).toHaveLength(1);
    expect(looks()).toHaveLength(2);
  });

  it("and of whose former owner nothing came: posted after the second look, replies too", async () => {
    const [opened, , limit] = budgetLife();
    const former = run();
    former.tell(opened);
    await recorded(opened.id, 1);
    former.lose();
    const another = fresh();
    for (const incident of [limit, another]) outbox.state.set(`incident:${incident.id}`, JSON.stringify(incident));
    run({ lookAgainMs: 300 });
    await recorded(limit.id, 3);
    await recorded(another.id, 1);
    expect(server.firsts()).toHaveLength(2);
    expect(server.replies()).toHaveLength(1);
    expect(server.calls.filter(({ method }) => method === "conversations.replies")).toHaveLength(2);
  });
});

describe("one message per incident", () => {
  it("is posted, edited, replied to at 100 % and edited when resolved", async () => {
    const { tell } = run();
    const [opened, more, limit, resolved] = budgetLife();
    tell(opened);
    await recorded(opened.id, 1);
    tell(more);
    await recorded(opened.id, 2);
    tell(limit);
    await recorded(opened.id, 3);
    tell(resolved);
    await recorded(opened.id, 4);
    expect(server.firsts()).toHaveLength(1);
    const [message] = server.firsts();
    expect(message?.shown.map((shown) => /used \d+ %/.exec(shown)?.[0])).toEqual([
      "used 70 %",
      "used 90 %",
      "used 100 %",
      "used 100 %",
    ]);
    expect(message?.shown.at(-1)).toContain("resolved: new day");
    expect(server.replies()).toMatchObject([{ thread_ts: message?.ts, broadcast: true }]);
    expect(server.replies()[0]?.text).toContain("limit reached");
    expect(outbox.notifications.map(({ action, reason }) => `${action} ${reason}`)).toEqual([
      "post first",
      "update changed",
      "reply limit",
      "update changed",
      "update resolved",
    ]);
    expect(outbox.notifications.every((one) => one.ok)).toBe(true);
    expect(outbox.notifications[0]?.delay_ms).toBeGreaterThanOrEqual(0);
  });

  it("says all at once what happened before it could be sent", async () => {
    const { tell } = run();
    const [, , limit, resolved] = budgetLife();
    tell(limit, resolved);
    await recorded(resolved.id, 4);
    expect(server.messages).toHaveLength(1);
    expect(server.messages[0]?.shown.at(-1)).toContain("resolved: new day");
  });

  it("tells nobody of a hidden one, and records why", async () => {
    const { tell } = run();
    tell({ ...incidentOf(), hiddenBy: "0123456789abcdef" });
    await until(() => expect(outbox.notifications).toMatchObject([{ action: "none", reason: "hidden", ok: true }]));
    expect(server.messages).toHaveLength(0);
  });

  it("reminds while it is open and unacknowledged", async () => {
    const { tell } = run({ repeatEveryMs: 200 });
    const incident = incidentOf();
    tell(incident);
    await until(() => expect(server.replies()[0]?.text).toContain("still open after"));
    tell({ ...incident, state: "acknowledged", acknowledgedBy: "ada", revision: 2 });
    await recorded(incident.id, 2);
  });

  it("posts anew what speaks after somebody removed the message", async () => {
    const { tell } = run();
    const [opened, more, limit] = budgetLife();
    tell(opened);
    await recorded(opened.id, 1);
    server.remove(server.messages[0]?.ts as string);
    tell(more);
    await until(() => expect(server.calls.at(-1)?.answered).toBe("message_not_found"));
    tell(limit);
    await recorded(opened.id, 3);
    expect(server.firsts()).toHaveLength(1);
  });

  it("drops its records a day after the end", async () => {
    const { tell, forget } = run();
    const [opened, , , resolved] = budgetLife();
    tell(opened);
    await recorded(opened.id, 1);
    tell(resolved);
    forget(resolved.id);
    await until(() => expect(outbox.state.size).toBe(0));
    expect(server.messages[0]?.shown.at(-1)).toContain("resolved");
  });
});

describe("many at once", () => {
  it("the first three go alone, the rest in one message whose lines are edited", async () => {
    const { tell } = run({ groupForMs: 300 });
    const incidents = many(10);
    tell(...incidents);
    await until(() => expect(server.firsts()).toHaveLength(4));
    for (const { id } of incidents) await recorded(id, 1);
    expect(server.firsts()[3]?.text).toContain("7 more alerts");
    const resolved = {
      ...(incidents[9] as Incident),
      state: "resolved",
      resolvedAt: AT + 60_000,
      revision: 2,
    } as const;
    tell(resolved);
    await recorded(resolved.id, 2);
    expect(server.firsts()).toHaveLength(4);
    expect(JSON.stringify(server.firsts()[3]?.blocks)).toContain("resolved: quiet for 10 minutes");
    expect(outbox.notifications.filter((one) => one.reason === "grouped")).toHaveLength(7);
  });

  it("0s: each alone", async () => {
    const { tell } = run({ groupForMs: 0 });
    tell(...many(4));
    await until(() => expect(server.firsts()).toHaveLength(4));
  });

  it("stays below a message a second and channel, and loses none", async () => {
    const strict = await startSlackServer({ messagesPerSecond: 4 });
    const one = runSender(strict, outbox, { groupForMs: 100 });
    const incidents = many(60);
    for (const incident of incidents) one.tell(incident);
    for (const { id } of incidents) await recorded(id, 1);
    expect(strict.firsts().length).toBeLessThanOrEqual(6);
    expect(strict.calls.filter((call) => call.answered === "http_429")).toEqual([]);
    await one.close();
    await strict.close();
  });
});

describe("a machine that is slow", () => {
  it.each([7, 11])("misses no moment that passes between two looks at the clock, every %ith", async (nth) => {
    const real = createSystemClock();
    let at = Date.now();
    let reading = 0;
    const now = () => {
      reading += 1;
      if (reading % nth === 0) at += 900;
      return at;
    };
    const after = (ms: number, call: () => void) =>
      real.after(1, () => {
        at += ms;
        call();
      });
    const { tell } = run({ clock: { now, after } });
    const incident = incidentOf();
    for (let revision = 1; revision <= 30; revision++) {
      tell({ ...incident, revision });
      await recorded(incident.id, revision);
    }
    expect(server.messages).toMatchObject([{ edits: 29 }]);
  });
});

describe("Slack is down, slow or refuses", () => {
  it("waits exactly as long as Retry-After says", async () => {
    server.fail("chat.postMessage", { kind: "ratelimited", retryAfter: 1 });
    const { tell } = run();
    tell(incidentOf());
    await until(() => expect(server.messages).toHaveLength(1));
    const [first, second] = server.calls;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(990);
    expect(server.calls).toHaveLength(2);
  });

  it.each([
    ["answers 500", { kind: "http", status: 500 }],
    ["answers 503", { kind: "http", status: 503 }],
    ["says internal_error", { kind: "error", error: "internal_error" }],
    ["resets the connection", { kind: "reset", taken: false }],
    ["is slower than the timeout", { kind: "slow", ms: 4_000 }],
  ] as const)("%s: sent once it works, in order, once each", async (_name, fault) => {
    server.fail("chat.postMessage", fault, 1);
    const { tell } = run({ timeoutMs: 2_000 });
    const incidents = many(3);
    tell(...incidents);
    for (const { id } of incidents) await recorded(id, 1);
    expect(server.firsts()).toHaveLength(3);
  });

  it("took the message and then broke: found in the history, not repeated", async () => {
    server.fail("chat.postMessage", { kind: "reset", taken: true });
    const { tell } = run();
    const incident = incidentOf({ ...finding(), at: Date.now() });
    tell(incident);
    await recorded(incident.id, 1);
    expect(server.messages).toHaveLength(1);
    expect(outbox.notifications.map((one) => one.reason)).toEqual(["retry", "found_in_history"]);
  });

  it("took a reply and then broke: found in the thread, not repeated", async () => {
    const { tell } = run();
    const [opened, , limit] = budgetLife();
    tell(opened);
    await recorded(opened.id, 1);
    server.fail("chat.postMessage", { kind: "taken", status: 502 });
    tell(limit);
    await recorded(opened.id, 3);
    expect(server.replies()).toHaveLength(1);
  });

  it("refuses the token: said loudly, shown on the terminal, tried again, nothing lost", async () => {
    server.failAlways("*", { kind: "error", error: "invalid_auth" });
    const { tell, sender, shown, logged, registry } = run({ refusedRetryMs: 50 });
    const incidents = many(2);
    tell(...incidents);
    await until(() => expect(sender.health().ok).toBe(false));
    expect(sender.health().problems[0]).toMatch(/slack #agent-alerts refuses alerts \(invalid_auth\): SLACK_BOT_TOKEN/);
    await until(() => expect(shown()).toContain("agent_1"));
    expect(shown().match(/agent_0/g)).toHaveLength(1);
    expect(logged()).toContain('"level":50');
    expect(await registry.metrics()).toContain(
      'watchkeeper_alert_channel_refused{sink="slack",channel="#agent-alerts"} 1',
    );
    server.clear();
    for (const { id } of incidents) await recorded(id, 1);
    expect(server.firsts()).toHaveLength(2);
    await until(() => expect(sender.health()).toEqual({ ok: true, problems: [] }));
  });

  it("refuses a burst: those that wait to be told together are shown on the terminal as well", async () => {
    server.failAlways("*", { kind: "error", error: "invalid_auth" });
    const { tell, shown } = run({ groupForMs: 2_000 });
    tell(...many(8));
    await until(() => {
      for (let n = 0; n < 8; n++) expect(shown()).toContain(`agent_${n}`);
    });
  });

  it("is down for long: what waits is shown on the terminal as well, once, and sent when it is back", async () => {
    server.failAlways("*", { kind: "http", status: 503 });
    const start = Date.now();
    const real = createSystemClock();
    // A clock on which a wait of a second takes 20 ms.
    const clock: Clock = {
      now: () => start + (Date.now() - start) * 50,
      after: (ms, call) => real.after(ms / 50, call),
    };
    const { tell, shown } = run({ clock });
    const incidents = many(2);
    tell(...incidents);
    await until(() => expect(shown()).toContain("agent_1"));
    expect(shown().match(/agent_0/g)).toHaveLength(1);
    server.clear();
    for (const { id } of incidents) await recorded(id, 1);
    expect(server.firsts()).toHaveLength(2);
  });

  it("finds a message too long: shortened until it is taken", async () => {
    server.fail("chat.postMessage", { kind: "error", error: "msg_blocks_too_long" }, 2);
    const { tell } = run();
    const incident = incidentOf();
    tell(incident);
    await recorded(incident.id, 1);
    expect(server.messages[0]).toMatchObject({ blocks: [], text: expect.stringContaining("competitor_monitor") });
  });

  it("cannot be recorded: tried again, the message stays one", async () => {
    outbox.failing = true;
    const { tell, sender } = run();
    const incident = incidentOf();
    tell(incident);
    await until(() => expect(sender.health().ok).toBe(false));
    outbox.failing = false;
    await recorded(incident.id, 1);
    expect(server.messages).toHaveLength(1);
  });
});

describe("crash and restart", () => {
  const fresh = () => incidentOf(finding({ at: Date.now() }));

  it("before the request: sent by the next start, once", async () => {
    server.failAlways("chat.postMessage", { kind: "http", status: 503 });
    const first = run();
    const incident = fresh();
    first.tell(incident);
    await until(() => expect(server.calls.length).toBeGreaterThan(0));
    await first.crash();
    server.clear();
    run();
    await recorded(incident.id, 1);
    expect(server.messages).toHaveLength(1);
  });

  /** Three told and recorded, then a group of three sent but not recorded. */
  async function crashedAfterSend(): Promise<Incident[]> {
    const first = run({ groupForMs: 1000 });
    const incidents = Array.from({ length: 6 }, (_, n) =>
      incidentOf(finding({ agent: `agent_${n}`, offset: n, at: Date.now() })),
    );
    first.tell(...incidents.slice(0, 3));
    for (const { id } of incidents.slice(0, 3)) await recorded(id, 1);
    outbox.failing = true;
    first.tell(...incidents.slice(3));
    await until(() => expect(server.firsts()).toHaveLength(4));
    await first.crash();
    outbox.failing = false;
    return incidents;
  }

  it("between send and record: found in the history, no second message", async () => {
    const first = run();
    outbox.failing = true;
    const incidents = [fresh(), incidentOf(finding({ agent: "other", at: Date.now() }))];
    first.tell(...incidents);
    await until(() => expect(server.firsts()).toHaveLength(2));
    await first.crash();
    outbox.failing = false;
    run();
    for (const { id } of incidents) await recorded(id, 1);
    expect(server.messages).toHaveLength(2);
    expect(server.calls.filter((call) => call.method === "conversations.history")).toHaveLength(1);
  });

  it("between send and record of a group: found, and its lines are edited from there", async () => {
    const incidents = await crashedAfterSend();
    const { tell } = run();
    for (const { id } of incidents) await recorded(id, 1);
    expect(server.firsts()).toHaveLength(4);
    const last = incidents[5] as Incident;
    tell({ ...last, state: "resolved", resolvedAt: last.openedAt + 60_000, revision: 2 });
    await recorded(last.id, 2);
    expect(server.firsts()).toHaveLength(4);
    expect(server.firsts()[3]?.edits).toBe(1);
  });

  it("between send and record, and the history may not be read: repeated rather than lost", async () => {
    const incidents = await crashedAfterSend();
    server.failAlways("conversations.history", { kind: "error", error: "missing_scope" });
    run();
    for (const { id } of incidents) await recorded(id, 1);
    expect(server.firsts()).toHaveLength(7);
  });

  it("what changed meanwhile is told", async () => {
    const [opened, , limit] = budgetLife();
    const first = run();
    first.tell(opened);
    await recorded(opened.id, 1);
    await first.crash();
    outbox.state.set(`incident:${limit.id}`, JSON.stringify(limit));
    run();
    await recorded(limit.id, 3);
    expect(server.firsts()).toHaveLength(1);
    expect(server.replies()).toHaveLength(1);
  });

  it("a restart with nothing to tell sends nothing", async () => {
    const first = run();
    const incident = fresh();
    first.tell(incident);
    await recorded(incident.id, 1);
    await first.close();
    const calls = server.calls.length;
    const second = run();
    await second.close();
    expect(server.calls).toHaveLength(calls);
  });
});
