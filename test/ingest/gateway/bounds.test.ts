import { connect } from "node:net";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { MAX_LINES } from "../../../ingest/gateway/defaults.ts";
import { ACTION, type RunningGateway, startGateway } from "./gateway-fixture.ts";

const MIB = 1024 ** 2;
let running: RunningGateway | undefined;

async function start(changes?: Parameters<typeof startGateway>[0]): Promise<RunningGateway> {
  running = await startGateway(changes);
  return running;
}

afterEach(async () => {
  await running?.gateway.stop();
  running = undefined;
});

const LINES = { "content-type": "application/x-ndjson" };

async function outcome(answer: Promise<Response>): Promise<[number, string]> {
  const response = await answer;
  const { error } = (await response.json()) as { error?: { code: string } };
  return [response.status, error?.code ?? ""];
}

/** What the server says to these raw bytes until it closes the connection. */
function raw(url: string, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(bytes));
    let text = "";
    socket.on("data", (chunk) => {
      text += String(chunk);
    });
    socket.on("close", () => resolve(text)).on("error", reject);
  });
}

describe("bounds of one post", () => {
  it("refuses a body that says it is too large without reading it", async () => {
    const g = await start({ limits: { bodyBytes: 1000 } });
    expect(await outcome(g.post("x".repeat(1001)))).toEqual([413, "body_too_large"]);
    expect((await g.post(ACTION)).status).toBe(200);
  });

  it("refuses a body that grows too large while it streams", async () => {
    const g = await start({ limits: { bodyBytes: MIB } });
    const body = Readable.toWeb(Readable.from(Array.from({ length: 40 }, () => Buffer.alloc(64 * 1024, 0x20))));
    const init = { method: "POST", body, headers: LINES, duplex: "half" } as unknown as RequestInit;
    expect(await outcome(fetch(`${g.url}/v1/events`, init))).toEqual([413, "body_too_large"]);
  });

  it("refuses a gzip bomb without unpacking it all", async () => {
    const g = await start({ limits: { bodyBytes: MIB } });
    const bomb = gzipSync(Buffer.alloc(80 * MIB));
    expect(bomb.length).toBeLessThan(MIB);
    const answer = g.post(bomb, { ...LINES, "content-encoding": "gzip" });
    expect(await outcome(answer)).toEqual([413, "body_too_large"]);
    const text = await g.registry.metrics();
    expect(text).toMatch(/watchkeeper_gateway_in_flight_bytes 0\n/);
  });

  it("refuses more lines than a post may have, and appends none of them", async () => {
    const g = await start();
    expect(await outcome(g.post("x\n".repeat(MAX_LINES + 1)))).toEqual([413, "too_many_lines"]);
    expect(g.appends).toEqual([]);
  });

  it("refuses headers that are too large, and what is no HTTP", async () => {
    const g = await start();
    const overflow = await raw(g.url, `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"y".repeat(20_000)}\r\n\r\n`);
    expect(overflow).toMatch(/^HTTP\/1.1 431 .*headers_too_large/s);
    expect(await raw(g.url, "hello\r\n\r\n")).toMatch(/^HTTP\/1.1 400 .*invalid_request/s);
  });

  it("appends nothing of a post whose connection ends early", async () => {
    const g = await start();
    const socket = connect(Number(new URL(g.url).port), "127.0.0.1");
    const head = "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 900";
    await new Promise<void>((resolve) => socket.write(`${head}\r\n\r\n${ACTION}\n`, () => resolve()));
    const refused = async () => /requests_refused_total\{code="aborted"\} 1/.test(await g.registry.metrics());
    socket.destroy();
    await expect.poll(refused).toBe(true);
    expect(g.appends).toEqual([]);
  });
});

describe("bounds over all posts", () => {
  it("answers 429 while others hold the bytes there are, and takes the post later", async () => {
    let durable: () => void = () => undefined;
    let appended: () => void = () => undefined;
    const holding = new Promise<void>((resolve) => {
      appended = resolve;
    });
    const g = await start({
      limits: { bodyBytes: 1000, inFlightBytes: 1000 },
      append: () =>
        new Promise((resolve) => {
          durable = resolve;
          appended();
        }),
    });
    const first = g.post(`${ACTION}\n`.repeat(5));
    await holding;
    const second = await g.post(`${ACTION}\n`.repeat(8));
    expect([second.status, second.headers.get("retry-after")]).toEqual([429, "1"]);
    expect(await second.json()).toMatchObject({ error: { code: "busy" } });
    durable();
    expect((await first).status).toBe(200);
    let status = 0;
    const third = g.post(ACTION).then((answer) => {
      status = answer.status;
    });
    await expect
      .poll(() => {
        durable();
        return status;
      })
      .toBe(200);
    await third;
  });

  it("makes a sender wait that brings more events than it may", async () => {
    const g = await start({ limits: { eventsPerSecond: 1 } });
    expect((await g.post(`${ACTION}\n`.repeat(30))).status).toBe(200);
    const answer = await g.post(ACTION);
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(10);
    expect(await answer.json()).toMatchObject({ error: { code: "rate_limited" } });
    expect(g.events()).toHaveLength(30);
  });

  it("lets one sender bring 400,000 events in a row by default", async () => {
    const g = await start();
    const body = `${ACTION}\n`.repeat(10_000);
    for (let i = 0; i < 40; i += 1) expect((await g.post(body)).status).toBe(200);
  });

  it("gives the event loop its turn while it judges large posts", async () => {
    const g = await start();
    const body = `${ACTION}\n`.repeat(60_000);
    const posts = [g.post(body), g.post(body), g.post(body)];
    let rounds = 0;
    let busy = true;
    const all = Promise.all(posts).then(() => {
      busy = false;
    });
    while (busy) {
      await new Promise((resolve) => setImmediate(resolve));
      rounds += 1;
    }
    await all;
    expect(rounds).toBeGreaterThan(10);
  });
});
