import { describe, expect, it } from "vitest";
import { createReplay, type Letter } from "../../../ingest/dead-letters/replay.ts";
import { createIntake } from "../../../ingest/intake/intake.ts";

const AT = Date.UTC(2026, 0, 27, 14, 0);
const line = (fields: object) =>
  JSON.stringify({ timestamp: "2026-01-27T13:59:00Z", agent: "a", action: "x", ...fields });
const letterOf = (bytes: string, fields: Partial<Letter> = {}): Letter => ({
  id: "key#3~0011223344556677",
  bytes,
  encoding: "utf8",
  size: Buffer.byteLength(bytes),
  ...fields,
});

/** What was posted, by key; the store holds `stored`. */
function harness(stored: readonly string[] = [], answer?: string) {
  const posted: { readonly body: string; readonly key: string }[] = [];
  const replay = createReplay({
    intake: createIntake({ lineBytes: 128 * 1024, prices: [] }),
    isStored: async (agent, id) => stored.includes(`${agent}/${id}`),
    post: async (body, key) => {
      posted.push({ body: body.toString(), key });
      return answer;
    },
    now: () => AT,
  });
  return { posted, replay };
}

describe("replaying a dead letter", () => {
  it("posts the line under a key of the letter's own", async () => {
    const { posted, replay } = harness();
    expect(await replay(letterOf(line({})))).toEqual({ kind: "accepted", why: "" });
    expect(posted).toEqual([{ body: `[${line({})}]`, key: "dead:key#3~0011223344556677" }]);
  });

  it("adds nothing when the store has the identity, derived or the producer's own", async () => {
    const derived = harness(["a/dead:key#3~0011223344556677#1"]);
    expect(await derived.replay(letterOf(line({})))).toMatchObject({ kind: "there" });
    const own = harness(["a/mine"]);
    expect(await own.replay(letterOf(line({ id: "mine" })))).toMatchObject({ kind: "there" });
    expect([...derived.posted, ...own.posted]).toEqual([]);
  });

  it("takes the same key for the same letter, however its id looks", async () => {
    const { posted, replay } = harness();
    for (const id of ["with space", "é", "x".repeat(400), "with space"]) await replay(letterOf(line({}), { id }));
    expect(posted.map(({ key }) => /^dead:[\x21-\x7e]{1,250}$/.test(key))).toEqual([true, true, true, true]);
    expect(posted[3]).toEqual(posted[0]);
    expect(new Set(posted.map(({ key }) => key)).size).toBe(3);
  });

  it("says why a line is refused again, without posting it", async () => {
    const { posted, replay } = harness();
    expect(await replay(letterOf("not json"))).toMatchObject({ kind: "refused", why: expect.stringContaining("JSON") });
    expect(await replay(letterOf(line({ agent: 7 })))).toMatchObject({ kind: "refused" });
    expect(posted).toEqual([]);
    expect(await harness([], "the gateway says no").replay(letterOf(line({})))).toEqual({
      kind: "refused",
      why: "the gateway says no",
    });
  });

  it("brings back an element of an array that was written over several lines, and bytes kept as base64", async () => {
    const { posted, replay } = harness();
    const spread = JSON.stringify(JSON.parse(line({})), null, 2);
    expect(await replay(letterOf(spread))).toMatchObject({ kind: "accepted" });
    const base64 = Buffer.from(line({})).toString("base64");
    const letter = letterOf(base64, { encoding: "base64", size: Buffer.byteLength(line({})) });
    expect(await replay(letter)).toMatchObject({ kind: "accepted" });
    expect(posted.map(({ body }) => JSON.parse(body))).toEqual([[JSON.parse(line({}))], [JSON.parse(line({}))]]);
  });

  it("does not take for the line what was cut, redacted or accepted before", async () => {
    const { posted, replay } = harness();
    expect(await replay(letterOf(line({}).slice(0, 60), { size: 70_000 }))).toMatchObject({
      why: expect.stringMatching(/first 64 KiB/),
    });
    const redacted = letterOf(line({ note: "[redacted:openai_key]" }), { size: 200 });
    expect(await replay(redacted)).toMatchObject({ kind: "impossible", why: expect.stringMatching(/redacted/) });
    const stored = letterOf(line({}), { id: "store:agent-journal/0/5" });
    expect(await replay(stored)).toMatchObject({
      kind: "impossible",
      why: expect.stringMatching(/accepted and judged/),
    });
    expect(posted).toEqual([]);
  });
});
