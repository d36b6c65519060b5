import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readOnlySql } from "../../../ingest/clickhouse/read-only-query.ts";
import { WatchkeeperError } from "../../../schemas/errors.ts";
import { ATTACKS, QUESTIONS } from "../engine/attacks.ts";

describe("the form check of a question", () => {
  it.each(QUESTIONS)("answers %s", (sql) => {
    const wrapped = readOnlySql(sql);
    expect(readOnlySql(wrapped)).toBeDefined();
  });

  it.each(ATTACKS)("refuses %s", (sql) => {
    expect(() => readOnlySql(sql)).toThrowError(
      expect.objectContaining({ code: "query_refused", exitCode: 2, hint: expect.stringContaining("SELECT") }),
    );
  });

  it("wraps a SELECT, so that nothing can follow it", () => {
    expect(readOnlySql(" SELECT 1 -- one\n;; ")).toBe("SELECT * FROM (SELECT 1)");
    expect(readOnlySql("/* a */ WITH x AS (SELECT 1 AS a) SELECT a FROM x /* b */")).toBe(
      "SELECT * FROM (WITH x AS (SELECT 1 AS a) SELECT a FROM x)",
    );
  });

  it("leaves strings, quoted names and comments out of the judgement", () => {
    for (const sql of [
      "SELECT 'x; DROP TABLE events -- file(''/etc/passwd'')' AS a",
      "SELECT `format` FROM events",
      "SELECT 1 /* INTO OUTFILE 'x' ; */",
      'SELECT "settings" FROM events',
      "SELECT 'a\\' UNION SELECT * FROM system.users --'",
    ]) {
      expect(readOnlySql(sql)).toContain("SELECT * FROM (");
    }
  });

  it("knows the database by its configured name", () => {
    expect(readOnlySql("SELECT 1 FROM ops.events", { database: "ops" })).toContain("ops.events");
    expect(() => readOnlySql("SELECT 1 FROM watchkeeper.events", { database: "ops" })).toThrow(WatchkeeperError);
  });

  it("says what it refuses and why", () => {
    expect(() => readOnlySql("SELECT * FROM secrets")).toThrow('the source "secrets" is no table of Watchkeeper');
    expect(() => readOnlySql("DELETE FROM events")).toThrow('"DELETE" begins no question');
    expect(() => readOnlySql("SELECT 1; SELECT 2")).toThrow("more than one statement");
  });

  it("answers or refuses any text in the same way, and never otherwise", () => {
    const piece = fc.constantFrom(
      "SELECT",
      "FROM",
      "events",
      "(",
      ")",
      "'",
      '"',
      "`",
      "--",
      "/*",
      "*/",
      ";",
      ",",
      "IN",
      "x",
      ".",
      "\\",
      "\n",
      "JOIN",
      "file",
      "system",
      "$$",
      "1",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const sql = pieces.join(" ");
        try {
          expect(readOnlySql(sql)).toMatch(/^(SELECT \* FROM \(|SHOW TABLES|DESCRIBE)/);
        } catch (error) {
          expect(error).toBeInstanceOf(WatchkeeperError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
