import { spawn } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { createRecorder, type Recorder, type RecorderOptions } from "../../../ingest/recorder/index.ts";
import { type RunningGateway, startGateway } from "../gateway/gateway-fixture.ts";

const CLOSED = "http://127.0.0.1:9";
let gateway: RunningGateway | undefined;
let server: Server | undefined;

afterEach(async () => {
  await gateway?.gateway.stop();
  gateway = undefined;
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

async function withGateway(
  options: Partial<RecorderOptions> = {},
  changes: Parameters<typeof startGateway>[0] = {},
): Promise<[Recorder, RunningGateway]> {
  gateway = await startGateway(changes);
  return [createRecorder({ agent: "monitor", url: gateway.url, ...options }), gateway];
}

interface Asked {
  readonly ids: string[];
  readonly authorization: string | undefined;
}

/** Answers posts as told, in turn; then 200. `null` never answers. */
async function answering(
  answers: readonly (readonly [number, Record<string, string>] | null)[],
): Promise<[string, Asked[]]> {
  const asked: Asked[] = [];
  const left = [...answers];
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += String(chunk);
    });
    request.on("end", () => {
      const lines = body.trim().split("\n");
      asked.push({
        ids: lines.map((line) => (JSON.parse(line) as { id: string }).id),
        authorization: request.headers.authorization,
      });
      const answer = left.shift();
      if (answer === null) return;
      const [status, headers] = answer ?? [200, {}];
      response.writeHead(status, headers).end(JSON.stringify({ accepted: lines.length, rejected: [] }));
    });
  });
  await new Promise<void>((resolve) => (server as Server).listen(0, "127.0.0.1", resolve));
  return [`http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked];
}

describe("recording", () => {
  it("makes the three kinds of events that the gateway takes", async () => {
    const [record, g] = await withGateway({ run: "run-1" });
    record.action("send_slack_message", { success: true, details: { channel: "#alerts" } });
    record.decision("alert_price_change", { reasoning: "dropped", threshold: "10%" });
    record.apiCall("competitor_api", { endpoint: "/prices", response_code: 200, cost: "$0.001", run: "run-2" });
    expect(await record.flush()).toEqual({ sent: 3, rejected: 0, buffered: 0 });
    expect(g.events().map((e) => [e.agent, e.kind, e.tool, e.run, e.id_source, e.cost])).toEqual([
      ["monitor", "action", "send_slack_message", "run-1", "producer", undefined],
      ["monitor", "decision", "alert_price_change", "run-1", "producer", undefined],
      ["monitor", "api_call", "competitor_api", "run-2", "producer", "0.001"],
    ]);
    expect(record.stats()).toEqual({ sent: 3, rejected: 0, dropped: 0, buffered: 0 });
  });

  it("sends by itself: after a while, and at once when a batch is full", async () => {
    const [record, g] = await withGateway({ flushAfterMs: 10 });
    record.action("one");
    await expect.poll(() => g.events().length).toBe(1);
    const full = createRecorder({ agent: "monitor", url: g.url, flushAfterMs: 3_600_000, maxBatch: 5 });
    for (let i = 0; i < 5; i += 1) full.action("many");
    await expect.poll(() => g.events().length).toBe(6);
  });

  it("takes the caller's time and id, and counts refused events and says why", async () => {
    const errors: string[] = [];
    const [record, g] = await withGateway({ onError: ({ message }) => errors.push(message) });
    record.action("a", { timestamp: new Date(0), id: "mine" });
    record.action("b", { duration_ms: "not a number" as unknown as number });
    expect(await record.flush()).toEqual({ sent: 1, rejected: 1, buffered: 0 });
    expect(g.events()).toMatchObject([{ id: "mine", timestamp: 0 }]);
    expect(errors).toEqual([expect.stringMatching(/^Watchkeeper refused an event: "duration_ms" must be /)]);
    record.apiCall("openai", { cost: "lots" });
    record.action("b", { success: "no" as unknown as boolean });
    await record.flush();
    expect(errors[1]).toMatch(/^Watchkeeper refused 2 events, the first: "cost" must be .* found "lots"$/);
  });

  it("says what the gateway says to a missing token", async () => {
    const errors: string[] = [];
    const onError = ({ message }: Error) => void errors.push(message);
    const [record] = await withGateway({ onError }, { auth: { token: "t".repeat(20), changes: "" } });
    record.action("a");
    await record.flush();
    expect(errors).toEqual(["Watchkeeper answered 401: Send the token: Authorization: Bearer TOKEN."]);
  });

  it("says where nobody answers, and why", async () => {
    const errors: string[] = [];
    const [record, { url, gateway: other }] = await withGateway({ onError: ({ message }) => errors.push(message) });
    await other.stop();
    record.action("a");
    expect(await record.flush()).toEqual({ sent: 0, rejected: 0, buffered: 1 });
    expect(errors).toEqual([`The gateway at ${url} cannot be reached (ECONNREFUSED); trying again.`]);
  });

  it("never throws, whatever it is given, and what it sends is taken", async () => {
    const [record, g] = await withGateway({ maxBatch: 1_000 });
    const circle: Record<string, unknown> = { name: "circle" };
    circle.self = circle;
    const trap = {
      get bad(): string {
        throw new Error("no");
      },
      good: 1,
    };
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const deep: Record<string, unknown> = {};
    let at = deep;
    for (let i = 0; i < 5_000; i += 1) {
      const next: Record<string, unknown> = {};
      at.d = next;
      at = next;
    }
    const nasty: unknown[] = [
      circle,
      trap,
      revoked.proxy,
      deep,
      10n ** 30n,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      undefined,
      null,
      Symbol("s"),
      () => 1,
      "x".repeat(10_000_000),
      "\ud800",
      Array(100_000).fill("y".repeat(100)),
      new Map([[{}, 1]]),
      new Set([1]),
      new Date(Number.NaN),
      new Error("e"),
      Buffer.alloc(1_000),
      new URL("http://x/"),
      {
        toJSON() {
          throw new Error("no");
        },
      },
      {
        toJSON() {
          return this;
        },
      },
      Object.create(null),
      JSON.parse('{"__proto__":1}'),
    ];
    for (const details of nasty) expect(() => record.action("a", { details })).not.toThrow();
    expect(() => record.action("trap", trap as never)).not.toThrow();
    expect(() => record.action(undefined as never, null as never)).not.toThrow();
    expect(() => record.action(7n as never, revoked.proxy as never)).not.toThrow();
    const { sent, rejected } = await record.flush();
    const { dropped } = record.stats();
    expect({ sent, rejected, dropped }).toEqual({ sent: nasty.length + 1, rejected: 0, dropped: 2 });
    expect(g.events()[0]?.raw).toContain('"self":"[circular]"');
    expect(g.events().at(-1)?.raw).toContain('"bad":"[unreadable]"');
  });
});

describe("a gateway in trouble", () => {
  it("sends the same events again until they are taken, after the time it was told", async () => {
    const [url, asked] = await answering([
      [503, {}],
      [429, { "retry-after": "0" }],
    ]);
    const record = createRecorder({ agent: "a", url, token: "t", flushAfterMs: 1 });
    record.action("x");
    record.action("y");
    await expect.poll(() => record.stats().sent).toBe(2);
    expect(asked).toHaveLength(3);
    expect(new Set(asked.map(({ ids }) => ids.join())).size).toBe(1);
    expect(asked[0]?.authorization).toBe("Bearer t");
  });

  it("keeps what it cannot send, within its bound, oldest gone first, and counts it", async () => {
    const errors: Error[] = [];
    const record = createRecorder({
      agent: "a",
      url: CLOSED,
      maxBufferedBytes: 20_000,
      onError: (error) => {
        errors.push(error);
        throw error;
      },
    });
    for (let n = 0; n < 1_000; n += 1) record.action("x", { n });
    expect(await record.flush()).toMatchObject({ sent: 0 });
    const { buffered, dropped } = record.stats();
    expect(buffered + dropped).toBe(1_000);
    expect(buffered).toBeGreaterThan(50);
    expect(buffered).toBeLessThan(150);
    expect(errors.length).toBeGreaterThan(0);
    expect(await record.close()).toMatchObject({ buffered });
    record.action("late");
    expect(record.stats()).toMatchObject({ buffered, dropped: dropped + 1 });
  });

  it("gives up a post that is not answered in time, and tries again", async () => {
    const [url, asked] = await answering([null]);
    const record = createRecorder({ agent: "a", url, timeoutMs: 50, flushAfterMs: 1 });
    record.action("x");
    await expect.poll(() => record.stats().sent).toBe(1);
    // On a busy machine one more answer may be late.
    expect(asked.length).toBeGreaterThanOrEqual(2);
  });

  it("splits what is too large, and drops only what no split can help", async () => {
    const [url, asked] = await answering([413, 413, 413].map((status) => [status, {}] as const));
    const record = createRecorder({ agent: "a", url });
    for (let n = 0; n < 4; n += 1) record.action("x", { id: `${n}` });
    expect(await record.flush()).toMatchObject({ sent: 3, buffered: 0 });
    expect(asked.slice(0, 3).map(({ ids }) => ids.length)).toEqual([4, 2, 1]);
    expect(record.stats()).toMatchObject({ sent: 3, dropped: 1 });
  });

  it.each([400, 415])("drops a post that is refused with %d instead of sending it for ever", async (status) => {
    const [url] = await answering([[status, {}]]);
    const record = createRecorder({ agent: "a", url });
    record.action("x");
    await record.flush();
    expect(record.stats()).toEqual({ sent: 0, rejected: 0, dropped: 1, buffered: 0 });
  });

  it.each([401, 404])("keeps what was refused with %d: token and address can be mended", async (status) => {
    const [url] = await answering([[status, {}]]);
    const record = createRecorder({ agent: "a", url });
    record.action("x");
    expect(await record.flush()).toMatchObject({ sent: 0, buffered: 1 });
    expect(await record.flush()).toMatchObject({ sent: 1, buffered: 0 });
  });

  it("finds the gateway of this machine, and its token, where the shipper finds them", async () => {
    const [url, asked] = await answering([]);
    const { port } = new URL(url);
    const environment = { WATCHKEEPER_HTTP_HOST: "0.0.0.0", WATCHKEEPER_HTTP_PORT: port, WATCHKEEPER_HTTP_TOKEN: "t" };
    const record = createRecorder({ agent: "a", environment });
    record.action("x");
    expect(await record.flush()).toMatchObject({ sent: 1 });
    expect(asked[0]?.authorization).toBe("Bearer t");
    const elsewhere = createRecorder({ agent: "a", url, environment });
    elsewhere.action("x");
    await elsewhere.flush();
    expect(asked[1]?.authorization).toBeUndefined();
  });

  it("does not throw where no options are given at all", async () => {
    const [url, asked] = await answering([]);
    const untyped = createRecorder as (options?: Partial<RecorderOptions>) => Recorder;
    untyped();
    const record = untyped({ url });
    record.action("x");
    await record.flush();
    expect(asked).toHaveLength(1);
  });

  it.each(["not a url", CLOSED])("does not reject with the address %s", async (url) => {
    const record = createRecorder({ agent: "a", url });
    record.action("x");
    expect(await record.flush()).toEqual({ sent: 0, rejected: 0, buffered: 1 });
  });
});

describe("in the agent's process", () => {
  const module = pathToFileURL(join(import.meta.dirname, "../../../dist/ingest/recorder/index.js")).href;

  function run(program: string): Promise<number | null> {
    const code = `const { createRecorder } = await import(${JSON.stringify(module)});\n${program}`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: "inherit" });
    return new Promise((resolve) => child.once("exit", resolve));
  }

  it("does not keep it alive", async () => {
    const record = `createRecorder({ agent: "a", url: "${CLOSED}", flushAfterMs: 3600000 })`;
    expect(await run(`${record}.action("x");`)).toBe(0);
  });

  it("sends the rest when the process has nothing left to do, if asked to", async () => {
    const [url, asked] = await answering([]);
    expect(
      await run(`createRecorder({ agent: "a", url: "${url}", flushAfterMs: 3600000, flushOnExit: true }).action("x");`),
    ).toBe(0);
    expect(asked).toHaveLength(1);
  });
});
