import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { toDeadLetters, toJournal } from "../../../ingest/intake/to-log.ts";
import { EVENT_KINDS } from "../../../schemas/events/index.ts";
import { accepted, action, actionText, refused } from "./harness.ts";

describe("the record of an event", () => {
  it.each(EVENT_KINDS)("of the example of $kind keeps the line exactly as written", ({ kind, example }) => {
    const event = accepted(example);
    expect(event).toMatchObject({ type: "event", schema_version: 1, kind, agent: "competitor_monitor", raw: example });
    expect(event.content).toBe(createHash("sha256").update(example).digest("hex").slice(0, 32));
  });

  it("names the action, the decision or the API as its tool", () => {
    expect(EVENT_KINDS.map(({ example }) => accepted(example).tool)).toEqual([
      "send_slack_message",
      "alert_price_change",
      "competitor_api",
    ]);
  });

  it("has a column for each known field that is there", () => {
    const event = accepted(
      action({
        run: 7,
        trigger: { cron: "daily" },
        parent: "e-0",
        environment: "production",
        model: "m",
        credential: "openai-prod",
        target: ["a@example.com", "b@example.com"],
        endpoint: "/prices",
        response_code: "404",
        success: true,
        error: { message: "not found", code: 5 },
        input_tokens: 10,
        output_tokens: 5,
        duration_ms: 12.5,
        bytes_out: 3,
        cpu_percent: 0.5,
        memory_bytes: 1024,
        permission_level: 0,
        approved_by: ["eva", "tom"],
      }),
    );
    expect(event).toMatchObject({
      run: "7",
      trigger: '{"cron":"daily"}',
      parent: "e-0",
      environment: "production",
      model: "m",
      credential: "openai-prod",
      target: "a@example.com, b@example.com",
      endpoint: "/prices",
      response_code: 404,
      success: true,
      error: "not found",
      input_tokens: 10,
      output_tokens: 5,
      duration_ms: 12.5,
      bytes_out: 3,
      cpu_percent: 0.5,
      memory_bytes: 1024,
      permission_level: 0,
      approved_by: "eva, tom",
      failed: true,
    });
  });

  it("leaves absent, null and empty columns out, and counts that no sum can hold", () => {
    const event = accepted(action({ model: null, run: "", error: "", target: [], input_tokens: 2 ** 60 }));
    expect(Object.keys(event).sort()).toEqual(
      [
        ["type", "schema_version", "id", "id_source", "content", "agent", "kind", "tool", "timestamp", "arrived_at"],
        ["judged_at", "clock", "raw", "call", "outcome"],
      ]
        .flat()
        .sort(),
    );
  });

  it.each([
    [{ success: false }, true],
    [{ error: "boom" }, true],
    [{ error: true }, true],
    [{ error: {} }, true],
    [{ response_code: 400 }, true],
    [{ response_code: 399, success: true, error: "" }, undefined],
    [{ error: false }, undefined],
    [{}, undefined],
  ])("of %j has failed: %s", (fields, failed) => {
    expect(accepted(action(fields)).failed).toBe(failed);
  });

  it("cuts what a column cannot hold, and never stores half a character", () => {
    const event = accepted(action({ action: "a".repeat(1000), run: "x\ud800y", error: "🚀".repeat(1025) }));
    expect(event.tool).toBe("a".repeat(256));
    expect(event.run).toBe("x\ufffdy");
    expect(event.error).toBe("🚀".repeat(1024));
  });

  it("trims the agent's name", () => {
    expect(accepted(action({ agent: " monitor\t" })).agent).toBe("monitor");
  });
});

describe("identity", () => {
  it.each([
    ['"id":"order-7"', "order-7"],
    ['"id":0', "0"],
    ['"id":-12', "-12"],
    ['"id":9007199254740993', "9007199254740993"],
    ['"id":1e30', "1e+30"],
    ['"x":{"id":1},"id" : 12345678901234567891 ', "12345678901234567891"],
  ])("is the producer's own: %s", (members, id) => {
    expect(accepted(actionText(members))).toMatchObject({ id, id_source: "producer" });
  });

  it("is the source's where the producer gave none", () => {
    expect(accepted(action())).toMatchObject({ id: "batch:1", id_source: "arrival" });
    expect(accepted(action({ id: null }))).toMatchObject({ id_source: "arrival" });
  });

  it("has a content that differs when the line differs", () => {
    const content = (fields: object) => accepted(action({ id: "1", ...fields })).content;
    expect(content({ x: 1 })).toBe(content({ x: 1 }));
    expect(content({ x: 1 })).not.toBe(content({ x: 2 }));
  });
});

describe("records of the log", () => {
  it("are the journal's, by agent", () => {
    const event = accepted(action());
    expect(toJournal(event)).toEqual({ topic: "agent-journal", key: event.agent, value: JSON.stringify(event) });
  });

  it("are the dead letters', by source", () => {
    const letter = refused("oops");
    expect(toDeadLetters(letter)).toEqual({ topic: "agent-events-dead", key: "http", value: JSON.stringify(letter) });
  });
});

it.each(EVENT_KINDS)(
  "of $kind ends with the line in the journal, so that readers may stop before it",
  ({ example }) => {
    expect(Object.keys(JSON.parse(toJournal(accepted(example)).value)).at(-1)).toBe("raw");
  },
);
