import { describe, expect, it } from "vitest";
import { accepted, action, actionText } from "./harness.ts";

function call(fields: object): string | undefined {
  return accepted(action(fields)).call;
}
function outcome(fields: object): string | undefined {
  return accepted(action(fields)).outcome;
}

describe("the signature of a call", () => {
  it("is 16 hex digits, on actions and API calls", () => {
    expect(call({})).toMatch(/^[0-9a-f]{16}$/);
    const decision = accepted({ timestamp: "2026-01-27T14:32:15Z", agent: "a", decision: "b" });
    expect(decision).not.toHaveProperty("call");
    expect(decision).not.toHaveProperty("outcome");
  });

  it("takes how much went in for the arguments only where there are none", () => {
    const asked = { endpoint: "/chat", details: { prompt: "x" } };
    expect(call({ ...asked, input_tokens: 10 })).toBe(call({ ...asked, input_tokens: 11 }));
  });

  it("is the same whatever the order, the time and the counters of a try", () => {
    const first = call({
      id: "1",
      run: "r1",
      details: { q: "x", page: { a: 1, b: [1, 2] }, attempt: 1, request_id: "u1" },
    });
    const again = call({
      id: "2",
      details: { "request-id": "u2", page: { b: [1, 2], a: 1 }, q: "x", attempt: 2, traceId: "t" },
    });
    expect(again).toBe(first);
  });

  it.each([
    [{ details: { q: "x" } }, { details: { q: "y" } }],
    [{ details: { id: 1 } }, { details: { id: 2 } }],
    [{ details: { date: "2026-01-01" } }, { details: { date: "2026-01-02" } }],
    [{ details: ["a", "b"] }, { details: ["b", "a"] }],
    [{ details: ["a,b"] }, { details: ["a", "b"] }],
    [{ details: "1" }, { details: 1 }],
    [{ target: "a" }, { endpoint: "a" }],
    [
      { endpoint: "/chat", input_tokens: 10 },
      { endpoint: "/chat", input_tokens: 11 },
    ],
    [{ action: "a" }, { action: "b" }],
    [{ command: "ls" }, { command: "ls /" }],
  ])("tells %j from %j", (one, other) => {
    expect(call(one)).not.toBe(call(other));
  });

  it("tells an action from an API call of the same name", () => {
    const api = accepted({ timestamp: "2026-01-27T14:32:15Z", agent: "a", api: "read_page" });
    expect(api.call).not.toBe(call({}));
  });

  it("is not fooled by a member named __proto__", () => {
    const one = accepted(actionText('"details":{"__proto__":{"a":1}}')).call;
    expect(accepted(actionText('"details":{"__proto__":{"a":2}}')).call).not.toBe(one);
  });
});

describe("the signature of an outcome", () => {
  it("is the same for the same error with other numbers", () => {
    expect(outcome({ error: "timeout after 1031 ms (id 7)" })).toBe(outcome({ error: "timeout after 99 ms (id 12)" }));
    expect(outcome({ error: "timeout" })).not.toBe(outcome({ error: "refused" }));
  });

  it.each([
    [{ success: true }, { success: false }],
    [{ success: true }, {}],
    [{ response_code: 200 }, { response_code: 201 }],
    [{ result: { rows: 1 } }, { result: { rows: 2 } }],
    [{ output: "a" }, { output: "b" }],
    [{ artifacts: ["a"] }, { artifacts: ["b"] }],
  ])("tells %j from %j", (one, other) => {
    expect(outcome(one)).not.toBe(outcome(other));
  });

  it("does not depend on what was asked, nor on how long it took", () => {
    expect(outcome({ details: { q: 1 }, duration_ms: 5, result: { rows: 1, elapsed_ms: 3 } })).toBe(
      outcome({ details: { q: 2 }, duration_ms: 6, result: { rows: 1, elapsed_ms: 4 } }),
    );
  });
});
