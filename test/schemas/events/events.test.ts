import { describe, expect, it } from "vitest";
import { anyEvent, compileEventParsers, EVENT_KINDS } from "../../../schemas/events/index.ts";
import { jsonSchemas } from "../../../schemas/json-schema.ts";

const CONTRACT_LINES = [
  '{"timestamp":"2026-01-27T14:32:15Z","agent":"competitor_monitor","action":"send_slack_message","details":{"channel":"#alerts","message":"Competitor X lowered prices by 15%"},"success":true}',
  '{"timestamp":"2026-01-27T14:32:14Z","agent":"competitor_monitor","decision":"alert_price_change","reasoning":"Price dropped from $99 to $84 (15% decrease)","threshold":"10%","action_triggered":"send_slack_message"}',
  '{"timestamp":"2026-01-27T14:32:12Z","agent":"competitor_monitor","api":"competitor_api","endpoint":"/prices","response_code":200,"cost":"$0.001"}',
];
const FULL = {
  id: "e-1",
  run: 7,
  trigger: { cron: "daily" },
  parent: "e-0",
  environment: "production",
  model: "claude-x",
  input_tokens: 10,
  output_tokens: 5,
  cached_tokens: 2,
  duration_ms: 12.5,
  success: false,
  error: { message: "timeout" },
  target: ["a@example.com", "b@example.com"],
  data_touched: { table: "customers" },
  bytes_out: 2 ** 53 + 2,
  permission_level: 3,
  approved_by: ["eva"],
  cost: { amount: "0.5", currency: "usd", source: "provider" },
  cpu_percent: 250.5,
  memory_bytes: 1024,
  sources: ["https://example.com"],
  artifacts: [{ path: "report.pdf", sha256: "ab" }],
  credential: "openai-prod",
  something_else: { kept: true },
};

describe("the schemas of events", () => {
  const parsers = compileEventParsers();

  it("have the lines of the contract as their examples", () => {
    expect(EVENT_KINDS.map((kind) => kind.example)).toEqual(CONTRACT_LINES);
  });

  it.each(EVENT_KINDS)("give back the example of $kind as it was", ({ kind, schema, example }) => {
    const line: object = JSON.parse(example);
    expect(schema.parse(line)).toEqual(line);
    expect(parsers[kind](line).data).toEqual(line);
    expect(anyEvent.parse(line)).toEqual(line);
  });

  it.each(EVENT_KINDS)("take every optional field and unknown ones on $kind", ({ kind, example }) => {
    const line = { ...JSON.parse(example), ...FULL };
    expect(parsers[kind](line).data).toEqual(line);
  });

  it.each(EVENT_KINDS)("read null as absent in every optional field of $kind", ({ kind, example }) => {
    const nulls = Object.fromEntries(Object.keys(FULL).map((key) => [key, null]));
    expect(parsers[kind]({ ...JSON.parse(example), ...nulls }).success).toBe(true);
  });

  it.each([
    ["success", "yes"],
    ["input_tokens", -1],
    ["input_tokens", 1.5],
    ["input_tokens", "12"],
    ["duration_ms", -0.1],
    ["permission_level", 5],
    ["response_code", "teapot"],
    ["response_code", 200.5],
    ["id", ""],
    ["id", "x".repeat(257)],
    ["id", true],
    ["approved_by", [1]],
    ["model", 4],
    ["target", 5],
    ["error", 5],
    ["cost", ["$1"]],
  ])("refuse a wrong %s and say what it should be", (field, value) => {
    const result = parsers.action({ timestamp: "t", agent: "a", action: "b", [field]: value });
    expect(result.error?.issues[0]?.path[0]).toBe(field);
    expect(result.error?.issues[0]?.message).not.toMatch(/invalid input/i);
  });
});

describe("the JSON Schema documents", () => {
  it("exist for each kind and for any of them", () => {
    expect(Object.keys(jsonSchemas())).toEqual(["action.json", "decision.json", "api-call.json", "event.json"]);
  });

  it("name what is needed, describe the fields and allow unknown ones", () => {
    const schema = JSON.parse(JSON.stringify(jsonSchemas()["action.json"]));
    expect(schema.required).toEqual(["timestamp", "agent", "action"]);
    expect(schema.additionalProperties).toEqual({});
    expect(schema.properties.agent.description).toContain("Who did it");
    expect(schema.properties.input_tokens.anyOf[0]).toMatchObject({ type: "integer", minimum: 0 });
  });
});
