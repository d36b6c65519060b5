import { describe, expect, it } from "vitest";
import { check, renderCheck } from "../../../ingest/settings/render-check.ts";
import { ROLES, readRoles, rolesText } from "../../../ingest/settings/roles.ts";
import { WatchkeeperError } from "../../../schemas/errors.ts";

function refusalOf(text: string, isKafka = true): WatchkeeperError {
  try {
    readRoles(text, isKafka);
  } catch (error) {
    if (error instanceof WatchkeeperError) return error;
  }
  throw new Error(`${text} was taken`);
}

describe("--roles", () => {
  it("left out means all of them", () => {
    expect([...readRoles(undefined, true)]).toEqual([...ROLES]);
    expect([...readRoles(undefined, false)]).toEqual([...ROLES]);
  });

  it("names some of them with Kafka, in any order and with spaces", () => {
    const roles = readRoles("web, gateway", true);
    expect(rolesText(roles)).toBe("gateway, web");
    expect(roles.has("store")).toBe(false);
  });

  it("guesses a wrong name, refuses a doubled one and nothing at all", () => {
    expect(refusalOf("gatewy").message).toBe('--roles: there is no role "gatewy"; did you mean "gateway"?');
    expect(refusalOf("everything").message).toContain("known here: gateway, intake, store, watch, web");
    expect(refusalOf("store,watch,store").message).toBe('--roles: "store" is named twice');
    expect(refusalOf("").message).toContain("gateway, intake, store, watch, web");
    expect(refusalOf("store,").code).toBe("invalid_roles");
  });

  it("without Kafka takes all of them or says what is needed, as a wrong use", () => {
    expect(readRoles(ROLES.join(","), false).size).toBe(ROLES.length);
    const refused = refusalOf("store", false);
    expect(refused.message).toContain("KAFKA_BROKERS");
    expect(refused.exitCode).toBe(2);
  });
});

describe("check with roles", () => {
  const text = (variables: Record<string, string>, roles?: string) =>
    renderCheck(check(variables, () => undefined, roles)).text;

  it("says which run, and where log and store are, without a secret", () => {
    const said = text(
      {
        KAFKA_BROKERS: "k1:9092",
        KAFKA_SSL: "true",
        KAFKA_SASL_MECHANISM: "plain",
        KAFKA_SASL_USERNAME: "me",
        KAFKA_SASL_PASSWORD: "very-secret",
        CLICKHOUSE_URL: "http://ch:8123",
        CLICKHOUSE_PASSWORD: "other-secret",
      },
      "watch,web",
    );
    expect(said).toMatch(/Runs +watch, web\n/);
    expect(said).toMatch(/Event log +Kafka at k1:9092 \(TLS, PLAIN\)\n/);
    expect(said).toMatch(/Store +ClickHouse at http:\/\/ch:8123\n/);
    expect(said).not.toContain("secret");
  });

  it("says that a process without the store knows of none", () => {
    expect(text({ KAFKA_BROKERS: "k1:9092" }, "watch")).toMatch(/Store +unknown here \(CLICKHOUSE_URL is not set\)/);
    expect(text({})).toMatch(/Store +embedded, in watchkeeper-data/);
  });
});
