import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { createScene, slackEnvironment } from "./scene.ts";
import { settled, until, type Watchkeeper } from "./watchkeeper.ts";

const scene = createScene();
const MIB = 1024 ** 2;
const LINES = { "content-type": "application/x-ndjson" };

interface Verdict {
  readonly accepted: number;
  readonly rejected: readonly { readonly line: number; readonly code: string; readonly error: string }[];
}

interface Letter {
  readonly line: number;
  readonly code: string;
  readonly reason: string;
  readonly bytes: string;
  readonly encoding: string;
  readonly size: string;
}

const START = `"timestamp":"2026-01-27T14:32:15Z","agent":"strange"`;

/** An event with these members besides. */
const event = (members: string): string => `{${START},"action":"read"${members === "" ? "" : `,${members}`}}`;

/** Lines that are refused: what they are, their bytes, and the code that the caller gets. */
const REFUSED: readonly (readonly [string, string | Buffer, string])[] = [
  ["malformed JSON", `{${START},"action":`, "not_json"],
  ["something that is no object", "[1,2]", "not_an_object"],
  ["a wrong type in a known field", event('"duration_ms":"soon"'), "wrong_type"],
  ["an agent that is a number", `{"timestamp":"2026-01-27T14:32:15Z","agent":7,"action":"read"}`, "wrong_type"],
  ["no agent", `{"timestamp":"2026-01-27T14:32:15Z","action":"read"}`, "missing_agent"],
  ["no timestamp", `{"agent":"strange","action":"read"}`, "missing_timestamp"],
  ["no kind", `{${START}}`, "no_kind"],
  ["ten megabytes in a line", event(`"details":"${"x".repeat(10 * MIB)}"`), "too_long"],
  [
    "invalid UTF-8",
    Buffer.concat([Buffer.from(`{${START},"action":"`), Buffer.from([0xff, 0xfe]), Buffer.from(`"}`)]),
    "invalid_utf8",
  ],
  ["a NUL byte", `{${START},"action":"re\0ad"}`, "nul_byte"],
  ["deep nesting", event(`"details":${"[".repeat(1_000)}${"]".repeat(1_000)}`), "too_deep"],
  ["a duplicate key", event('"action":"write"'), "duplicate_key"],
  ["a number beyond double", event('"details":{"n":1e999}'), "number_out_of_range"],
];

/** Lines that look strange and are events all the same, their text kept as it is. */
const TAKEN = [
  event('"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}'),
  event('"details":{"n":9007199254740993,"m":123456789012345678901234567890}'),
  event('"details":"\\u0000 \\u001b[31m <@everyone> \'; DROP TABLE events"'),
  `{"timestamp":"2026-01-27T14:32:15Z","agent":"never seen before \u{1f6a2}","action":"read"}`,
];

function bodyOf(lines: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from("\n")]));
}

function send(up: Watchkeeper, body: Buffer | string, headers: Record<string, string> = LINES): Promise<Response> {
  return fetch(`${up.url}/v1/events`, { method: "POST", headers, body });
}

async function codeOf(answer: Promise<Response>): Promise<[number, string]> {
  const response = await answer;
  const { error } = (await response.json()) as { error: { code: string; message: string } };
  expect(error.message).toMatch(/^["A-Z].*\.$/);
  return [response.status, error.code];
}

const letters = (up: Watchkeeper): Promise<Letter[]> =>
  up.ask<Letter>("SELECT line, code, reason, bytes, encoding, size FROM dead_letters ORDER BY line");

it("names every bad line, keeps the good ones beside them, and keeps the bytes of the bad", async () => {
  const slack = await scene.slack();
  const up = await scene.start({ env: slackEnvironment(slack) });
  const body = bodyOf([...REFUSED.flatMap(([, bytes], n) => [bytes, event(`"id":"good${n}"`)]), "", ...TAKEN]);
  const answer = await send(up, body);
  expect(answer.status).toBe(200);
  const verdict = (await answer.json()) as Verdict;
  expect(verdict.rejected.map(({ line, code }) => [line, code])).toEqual(
    REFUSED.map(([, , code], n) => [2 * n + 1, code]),
  );
  expect(verdict.accepted).toBe(REFUSED.length + TAKEN.length);

  const kept = await until(async () => {
    const found = await letters(up);
    return found.length === REFUSED.length && found;
  });
  REFUSED.forEach(([, bytes, code], n) => {
    const letter = kept[n] as Letter;
    expect(letter).toMatchObject({ code, encoding: code === "invalid_utf8" ? "base64" : "utf8" });
    expect(letter.reason).toBe(verdict.rejected[n]?.error);
    expect([Number(letter.line), Number(letter.size)]).toEqual([2 * n + 1, Buffer.byteLength(bytes)]);
    const whole = Buffer.from(bytes).subarray(0, 64 * 1024);
    expect(Buffer.from(letter.bytes, letter.encoding as BufferEncoding).equals(whole)).toBe(true);
  });

  await until(async () => (await up.number("SELECT count() FROM events")) === verdict.accepted);
  const raws = await up.ask<{ raw: string }>("SELECT raw FROM events WHERE id NOT LIKE 'good%'");
  expect(raws.map(({ raw }) => raw).sort()).toEqual([...TAKEN].sort());
  await settled(up);
  expect(slack.messages).toEqual([]);
  expect(await up.stop()).toBe(0);
});

it("refuses a whole post with a fitting status and a code, and goes on unharmed", async () => {
  const up = await scene.start();
  const good = event('"id":"good"');
  const gzip = { ...LINES, "content-encoding": "gzip" };
  const json = { "content-type": "application/json" };
  const bomb = gzipSync(Buffer.alloc(80 * MIB, 0x20));
  expect(bomb.length).toBeLessThan(MIB);

  for (const empty of ["", "\n \r\n"])
    expect(await (await send(up, empty)).json()).toEqual({ accepted: 0, rejected: [] });
  expect(await (await send(up, gzipSync(""), gzip)).json()).toEqual({ accepted: 0, rejected: [] });
  expect(await (await send(up, "[]", json)).json()).toEqual({ accepted: 0, rejected: [] });
  expect(await codeOf(send(up, good, { "content-type": "application/xml" }))).toEqual([415, "unsupported_media_type"]);
  expect(await codeOf(send(up, good, { "content-type": "application/json; charset=utf-16" }))).toEqual([
    415,
    "unsupported_media_type",
  ]);
  expect(await codeOf(send(up, good, { ...LINES, "content-encoding": "br" }))).toEqual([415, "unsupported_encoding"]);
  expect(await codeOf(send(up, good, gzip))).toEqual([400, "invalid_gzip"]);
  expect(await codeOf(send(up, gzipSync(good).subarray(0, 30), gzip))).toEqual([400, "invalid_gzip"]);
  expect(await codeOf(send(up, bomb, gzip))).toEqual([413, "body_too_large"]);
  expect(await codeOf(send(up, Buffer.alloc(65 * MIB, 0x20)))).toEqual([413, "body_too_large"]);
  expect(await codeOf(send(up, `[${good},`, json))).toEqual([400, "invalid_json_array"]);
  expect(await codeOf(send(up, good, { ...LINES, "idempotency-key": "not visible" }))).toEqual([
    400,
    "invalid_idempotency_key",
  ]);
  expect(
    await codeOf(fetch(`${up.url}/v1/events?backfill=perhaps`, { method: "POST", headers: LINES, body: good })),
  ).toEqual([400, "invalid_query"]);
  expect(await codeOf(fetch(`${up.url}/v1/nothing`))).toEqual([404, "not_found"]);

  const array = await send(up, `[${good},7,\n{"agent":"strange"}]`, json);
  expect(await array.json()).toMatchObject({
    accepted: 1,
    rejected: [
      { line: 2, code: "not_an_object" },
      { line: 3, code: "missing_timestamp" },
    ],
  });
  await until(async () => (await up.number("SELECT count() FROM events")) === 1);
  expect((await up.get("/readyz")).status).toBe(200);
  expect(up.logs().filter(({ level }) => level >= 50)).toEqual([]);
  expect(await up.stop()).toBe(0);
});
