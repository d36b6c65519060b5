import { deflateSync, gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import type { GatewayOptions } from "../../../ingest/gateway/gateway-options.ts";
import { WatchkeeperError } from "../../../schemas/errors.ts";
import { ACTION, ARRIVAL, DECISION, type RunningGateway, startGateway } from "./gateway-fixture.ts";

const JSON_TYPE = { "content-type": "application/json" };
let running: RunningGateway | undefined;

async function start(changes?: Parameters<typeof startGateway>[0]): Promise<RunningGateway> {
  running = await startGateway(changes);
  return running;
}

afterEach(async () => {
  await running?.gateway.stop();
  running = undefined;
});

describe("posting events", () => {
  it("takes lines, skips blank ones and appends the whole post at once", async () => {
    const g = await start();
    const answer = await g.post(`${ACTION}\n\n${DECISION}\r\n`);
    expect([answer.status, await answer.json()]).toEqual([200, { accepted: 2, rejected: [] }]);
    expect(g.appends).toHaveLength(1);
    expect(g.events().map((e) => [e.kind, e.arrived_at])).toEqual([
      ["action", ARRIVAL],
      ["decision", ARRIVAL],
    ]);
  });

  it.each(["application/x-ndjson", "application/jsonl", "application/json; charset=utf-8", "text/plain;charset=UTF-8"])(
    "takes lines as %s",
    async (type) => {
      const g = await start();
      const answer = await g.post(`${ACTION}\n${DECISION}`, { "content-type": type });
      expect(await answer.json()).toEqual({ accepted: 2, rejected: [] });
    },
  );

  it("takes lines without any content type", async () => {
    const g = await start();
    expect(await (await g.post(Buffer.from(ACTION), {})).json()).toMatchObject({ accepted: 1 });
  });

  it("takes an array, and names positions in it", async () => {
    const g = await start();
    const answer = await g.post(`\n [${ACTION}, 7,\n ${DECISION}]`, JSON_TYPE);
    expect(await answer.json()).toMatchObject({ accepted: 2, rejected: [{ line: 2 }] });
  });

  it("takes one object written over several lines as one event", async () => {
    const g = await start();
    const answer = await g.post(JSON.stringify(JSON.parse(ACTION), null, 2), JSON_TYPE);
    expect(await answer.json()).toEqual({ accepted: 1, rejected: [] });
  });

  it("takes an array or an object over several lines after a byte order mark", async () => {
    const g = await start();
    for (const text of [`[${ACTION}]`, JSON.stringify(JSON.parse(ACTION), null, 2)]) {
      const answer = await g.post(`\ufeff\r\n${text}\n`, JSON_TYPE);
      expect(await answer.json()).toEqual({ accepted: 1, rejected: [] });
    }
  });

  it("refuses one object over several lines that is not UTF-8, with its very bytes", async () => {
    const g = await start();
    const body = Buffer.from(JSON.stringify({ ...JSON.parse(ACTION), note: "é" }, null, 2), "latin1");
    const answer = await g.post(body, JSON_TYPE);
    expect(await answer.json()).toMatchObject({ accepted: 0, rejected: [{ line: 1, code: "invalid_utf8" }] });
    expect(g.letters()).toMatchObject([{ encoding: "base64", bytes: body.toString("base64"), size: body.length }]);
  });

  it("says which line is bad and why, keeps the good ones and the bad one's bytes", async () => {
    const g = await start();
    const answer = await g.post(`${ACTION}\n{"broken\n${DECISION}`);
    expect(answer.status).toBe(200);
    const { accepted, rejected } = (await answer.json()) as { accepted: number; rejected: Record<string, unknown>[] };
    expect(accepted).toBe(2);
    expect(rejected).toEqual([{ line: 2, code: "not_json", error: expect.stringMatching(/\w+ \w+/) }]);
    expect(g.letters()).toMatchObject([{ line: 2, source: "http", bytes: '{"broken' }]);
    expect(g.appends).toHaveLength(1);
  });

  it.each(["", "\n\n", " "])("answers an empty body (%j) with nothing accepted", async (body) => {
    const g = await start();
    const answer = await g.post(body);
    expect([answer.status, await answer.json()]).toEqual([200, { accepted: 0, rejected: [] }]);
    expect(g.appends).toEqual([]);
  });

  it("answers a post without a body", async () => {
    const g = await start();
    const answer = await fetch(`${g.url}/v1/events`, { method: "POST" });
    expect(await answer.json()).toEqual({ accepted: 0, rejected: [] });
  });

  it.each([
    ["gzip", gzipSync(ACTION)],
    ["deflate", deflateSync(ACTION)],
    ["identity", Buffer.from(ACTION)],
  ])("unpacks %s", async (encoding, body) => {
    const g = await start();
    const answer = await g.post(body, { "content-encoding": encoding, "content-type": "text/plain" });
    expect(await answer.json()).toMatchObject({ accepted: 1 });
  });

  it.each([
    ["garbage", Buffer.from("not packed at all")],
    ["a cut end", gzipSync(ACTION.repeat(50)).subarray(0, 40)],
  ])("refuses %s as gzip", async (_what, body) => {
    const g = await start();
    const answer = await g.post(body, { "content-encoding": "gzip", "content-type": "text/plain" });
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: { code: "invalid_gzip" } }]);
    expect(g.appends).toEqual([]);
  });

  it("refuses a broken array as a whole", async () => {
    const g = await start();
    const answer = await g.post(`[${ACTION}, `, JSON_TYPE);
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: { code: "invalid_json_array" } }]);
    expect(g.appends).toEqual([]);
  });

  it.each([
    [{ "content-type": "application/xml" }, 415, "unsupported_media_type"],
    [{ "content-type": "application/x-www-form-urlencoded" }, 415, "unsupported_media_type"],
    [{ "content-type": "text/plain; charset=utf-16" }, 415, "unsupported_media_type"],
    [{ "content-type": "constructor" }, 415, "unsupported_media_type"],
    [{ "content-type": "text/plain", "content-encoding": "br" }, 415, "unsupported_encoding"],
    [{ "content-type": "text/plain", "idempotency-key": "x".repeat(257) }, 400, "invalid_idempotency_key"],
    [{ "content-type": "text/plain", "idempotency-key": "" }, 400, "invalid_idempotency_key"],
  ])("refuses %j", async (headers, status, code) => {
    const g = await start();
    const answer = await g.post(ACTION, headers as Record<string, string>);
    expect([answer.status, await answer.json()]).toMatchObject([status, { error: { code } }]);
  });

  it("gives lines without an id the idempotency key's, the same at every retry", async () => {
    const g = await start();
    const headers = { "content-type": "text/plain", "idempotency-key": "ship-1" };
    await g.post(`${ACTION}\n\n${ACTION}`, headers);
    await g.post(`${ACTION}\n\n${ACTION}`, headers);
    expect(g.events().map((e) => [e.id, e.id_source])).toEqual([
      ["ship-1#1", "position"],
      ["ship-1#3", "position"],
      ["ship-1#1", "position"],
      ["ship-1#3", "position"],
    ]);
  });

  it("keeps the refused lines of two posts that share a key apart, and the retry of one together", async () => {
    const g = await start();
    const headers = { "content-type": "text/plain", "idempotency-key": "1" };
    for (const body of ["bad", "worse", "bad"]) await g.post(body, headers);
    const [first, other, again] = g.letters();
    expect(again?.id).toBe(first?.id);
    expect(other?.id).not.toBe(first?.id);
  });

  it("stores no secret that came as an idempotency key, and still tells keys apart", async () => {
    const g = await start();
    const keys = ["A", "B"].map((last) => `sk-ant-${"api03-AbCdEf0123456789AbCdEf"}${last}`);
    for (const key of keys) {
      await g.post(`${ACTION}\nbad`, { "content-type": "text/plain", "idempotency-key": key });
    }
    expect(JSON.stringify([g.events(), g.letters()])).not.toContain("AbCdEf0123456789");
    expect(new Set(g.events().map((e) => e.id)).size).toBe(2);
    expect(g.letters()[0]?.source).toMatch(/^http:\[redacted:anthropic_key\]~[0-9a-f]{8}$/);
  });

  it("gives lines without an id and key a fresh id, and keeps the producer's", async () => {
    const g = await start();
    await g.post(`${ACTION}\n${ACTION}`);
    await g.post(`${ACTION.slice(0, -1)},"id":"mine"}`);
    const ids = g.events().map((e) => e.id);
    expect(new Set(ids).size).toBe(3);
    expect(ids[2]).toBe("mine");
  });

  it("marks history that is brought in", async () => {
    const g = await start();
    await g.post(ACTION, undefined, "?backfill=1");
    await g.post(ACTION, undefined, "?backfill=0");
    expect(g.events().map((e) => e.backfill)).toEqual([true, undefined]);
    expect((await g.post(ACTION, undefined, "?backfill=maybe")).status).toBe(400);
  });

  it("answers only after the records are durable", async () => {
    let durable: () => void = () => undefined;
    let appended: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => {
      appended = resolve;
    });
    const append: GatewayOptions["append"] = () =>
      new Promise((resolve) => {
        durable = resolve;
        appended();
      });
    const g = await start({ append });
    let answered = false;
    const answer = g.post(ACTION).then((response) => {
      answered = true;
      return response;
    });
    await arrived;
    await fetch(`${g.url}/healthz`);
    expect(answered).toBe(false);
    durable();
    expect((await answer).status).toBe(200);
  });

  it.each([
    [
      new WatchkeeperError("No room left.", { code: "log_full", verdict: "retry", retryAfterMs: 4200 }),
      429,
      "log_full",
      "5",
    ],
    [new WatchkeeperError("Away.", { code: "log_unavailable", verdict: "retry" }), 503, "log_unavailable", "1"],
    [new WatchkeeperError("Broken.", { code: "log_broken" }), 500, "internal", null],
    [new TypeError("secret body text"), 500, "internal", null],
  ])("answers a log that fails with %s", async (error, status, code, retryAfter) => {
    const g = await start({ append: () => Promise.reject(error) });
    const answer = await g.post(ACTION);
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([status, retryAfter]);
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({ error: { code } });
    expect(text).not.toContain("secret body text");
    expect(g.logs.join("")).not.toContain("secret body text");
  });

  it("counts what it took, refused and how long it took", async () => {
    const g = await start();
    await g.post(`${ACTION}\nnope`);
    await g.post(ACTION, { "content-type": "application/xml" });
    const text = await (await fetch(`${g.url}/metrics`)).text();
    expect(text).toMatch(/watchkeeper_gateway_events_accepted_total 1\n/);
    expect(text).toMatch(/watchkeeper_gateway_lines_rejected_total\{code="not_json"\} 1\n/);
    expect(text).toMatch(/watchkeeper_gateway_requests_refused_total\{code="unsupported_media_type"\} 1\n/);
    expect(text).toMatch(/watchkeeper_gateway_request_seconds_count\{route="\/v1\/events",status="200"\} 1\n/);
    expect(text).toMatch(/watchkeeper_gateway_in_flight_bytes 0\n/);
  });
});
