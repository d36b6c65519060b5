import { logLevel } from "kafkajs";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { bridgeLog } from "../../../ingest/kafka/log-bridge.ts";

/** What our log says after kafkajs said this. */
function logged(level: logLevel, message: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  const lines: string[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => void lines.push(line) });
  bridgeLog(logger)({ level, label: "", namespace: "Connection", log: { timestamp: "", message, ...more } });
  return JSON.parse(lines.join()) as Record<string, unknown>;
}

const [DEBUG, INFO, WARN] = [20, 30, 40];

describe("kafkajs's log", () => {
  it.each([
    ["The group is rebalancing, re-joining", {}],
    ["Connection timeout", {}],
    ["Connection error: connect ECONNREFUSED 127.0.0.1:9092", {}],
  ])("does not alarm anybody with what passes: %s", (message, more) => {
    expect(logged(logLevel.ERROR, message, more)).toMatchObject({ level: INFO });
  });

  it("keeps single answers that are retried, and what is so on purpose, for debugging", () => {
    const error = "The coordinator is loading and hence can't process requests";
    const answer = "Response GroupCoordinator(key: 10, version: 2)";
    expect(logged(logLevel.ERROR, answer, { error })).toMatchObject({ level: DEBUG });
    expect(logged(logLevel.ERROR, answer, { error: "Not authorized" })).toMatchObject({ level: WARN });
    const limit = "Limiting retries for the idempotent producer may invalidate EoS guarantees";
    expect(logged(logLevel.WARN, limit)).toMatchObject({ level: DEBUG });
    const busy = "while another concurrent operation on the same transaction was ongoing";
    expect(logged(logLevel.ERROR, `Failed to send messages: ${busy}`)).toMatchObject({ level: DEBUG });
    expect(logged(logLevel.ERROR, answer, { error: busy })).toMatchObject({ level: DEBUG });
    const again = "Failed to connect to seed broker, trying another broker from the list: Connection timeout";
    expect(logged(logLevel.ERROR, again)).toMatchObject({ level: DEBUG });
  });

  it("warns of other errors, mentions warnings, and keeps the rest for debugging", () => {
    expect(logged(logLevel.ERROR, "Offsets out of range")).toMatchObject({ level: WARN, part: "Connection" });
    expect(logged(logLevel.WARN, "Could not create topics")).toMatchObject({ level: INFO });
    expect(logged(logLevel.DEBUG, "Request Fetch")).toMatchObject({ level: DEBUG });
  });

  it("takes over only fields that it knows", () => {
    const line = logged(logLevel.ERROR, "no", { broker: "b:1", sasl: { password: "secret" }, payload: "secret" });
    expect(line).toMatchObject({ broker: "b:1" });
    expect(JSON.stringify(line)).not.toContain("secret");
  });
});
