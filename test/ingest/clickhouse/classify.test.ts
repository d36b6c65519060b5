import { ClickHouseError } from "@clickhouse/client";
import { describe, expect, it } from "vitest";
import { classifyPatiently, classifyStoreError, isSchemaMissing } from "../../../ingest/clickhouse/classify.ts";
import { FATAL_HINTS, MISSING, POISON, RETRY } from "../../../ingest/clickhouse/server-codes.ts";
import { WatchkeeperError } from "../../../schemas/errors.ts";

const server = (code: number) => new ClickHouseError({ message: "m", code: String(code), type: "SOME_TYPE" });

describe("what an error of the store means", () => {
  it.each([3, 159, 201, 202, 209, 210, 236, 241, 242, 243, 252, 285, 319, 354, 425, 745, 999])(
    "retries code %i",
    (code) => {
      expect(classifyStoreError(server(code))).toMatchObject({ verdict: "retry", code: "store_unavailable" });
    },
  );

  it.each([6, 26, 27, 33, 38, 41, 53, 69, 72, 117, 130, 131, 321, 349])("sets rows aside at code %i", (code) => {
    expect(classifyStoreError(server(code))).toMatchObject({ verdict: "poison", code: "store_refused_rows" });
  });

  it.each([16, 60, 81, 192, 193, 194, 497, 516])("ends at code %i, and says what to mend", (code) => {
    const error = classifyStoreError(server(code));
    expect(error).toMatchObject({ verdict: "fatal", code: "store_misconfigured", hint: expect.any(String) });
    expect(error.cause).toBeInstanceOf(ClickHouseError);
  });

  it("gives each code one meaning, and takes no limit that every row meets for the fault of rows", () => {
    const all = [...RETRY.keys(), ...POISON, ...FATAL_HINTS.keys()];
    expect(all.filter((code, n) => all.indexOf(code) !== n)).toEqual([]);
    for (const code of [158, 307, 396]) expect(POISON.has(code)).toBe(false);
  });

  it("knows what migrations mend, also behind a judgement", () => {
    for (const code of MISSING) {
      expect(isSchemaMissing(server(code))).toBe(true);
      expect(isSchemaMissing(classifyPatiently(server(code)))).toBe(true);
    }
    expect([server(241), new Error("60"), classifyStoreError(server(516))].map(isSchemaMissing)).toEqual([
      ...[false, false, false],
    ]);
  });

  it.each(["DEPTH_ZERO_SELF_SIGNED_CERT", "CERT_HAS_EXPIRED", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"])(
    "says what to do about a certificate that is not trusted: %s",
    (code) => {
      const error = classifyStoreError(Object.assign(new Error("self-signed certificate"), { code }));
      expect(error).toMatchObject({ verdict: "fatal", code: "store_certificate_refused" });
      expect(error.hint).toContain("NODE_EXTRA_CA_CERTS");
    },
  );

  it("ends at a code that it does not know", () => {
    expect(classifyStoreError(server(12_345))).toMatchObject({ verdict: "fatal", code: "store_failed" });
  });

  it.each(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOTFOUND", "EAI_AGAIN"])("retries %s", (code) => {
    const error = Object.assign(new Error(code), { code });
    for (const wrapped of [error, new Error("fetch failed", { cause: error }), new AggregateError([error])]) {
      expect(classifyStoreError(wrapped).verdict).toBe("retry");
    }
  });

  it("retries what clients and proxies say of a server that is away", () => {
    for (const text of ["Timeout error.", "socket hang up", "502 Bad Gateway", "The user aborted a request."]) {
      expect(classifyStoreError(new Error(text)).verdict).toBe("retry");
    }
  });

  it("retries what is no answer of ClickHouse, but not the mistakes of a program", () => {
    const parse = Object.assign(new Error("Parse Error"), { code: "HPE_INVALID_CONSTANT" });
    for (const error of [new Error("<html>not found</html>"), new Error(""), parse]) {
      expect(classifyStoreError(error)).toMatchObject({ verdict: "retry", code: "store_unavailable" });
    }
    expect(classifyStoreError(new TypeError("x is not a function")).verdict).toBe("fatal");
  });

  it("waits for a person where alerts must go on", () => {
    expect(classifyPatiently(server(516))).toMatchObject({ verdict: "retry", retryAfterMs: 5_000 });
    expect(classifyPatiently(server(516)).message).toContain("CLICKHOUSE_PASSWORD");
    expect(classifyPatiently(server(12_345)).verdict).toBe("retry");
    expect(classifyPatiently(server(27)).verdict).toBe("poison");
  });

  it("leaves an error that is already judged as it is", () => {
    const error = new WatchkeeperError("x", { code: "y", verdict: "retry" });
    expect(classifyStoreError(error)).toBe(error);
  });

  it("cuts a message that carries whole rows", () => {
    const long = new ClickHouseError({ message: "x".repeat(10_000), code: "27", type: "CANNOT_PARSE" });
    expect(classifyStoreError(long).message.length).toBeLessThan(700);
  });
});
