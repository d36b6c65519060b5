import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTimestamp } from "../../../ingest/intake/timestamp.ts";
import { ARRIVED, accepted, action, refused, sourceAt } from "./harness.ts";

describe("reading a timestamp", () => {
  it.each([
    ["2026-01-27T14:32:15Z", "2026-01-27T14:32:15.000Z"],
    ["2026-01-27T14:32:15z", "2026-01-27T14:32:15.000Z"],
    ["2026-01-27 14:32:15+00:00", "2026-01-27T14:32:15.000Z"],
    ["2026-01-27T14:32:15+01:00", "2026-01-27T13:32:15.000Z"],
    ["2026-01-27T14:32:15-0330", "2026-01-27T18:02:15.000Z"],
    ["2026-01-27T14:32:15+05", "2026-01-27T09:32:15.000Z"],
    ["2026-01-27T14:32:15", "2026-01-27T14:32:15.000Z"],
    ["2026-01-27T14:32Z", "2026-01-27T14:32:00.000Z"],
    ["2026-01-27T14:32:15.1Z", "2026-01-27T14:32:15.100Z"],
    ["2026-01-27T14:32:15.123456Z", "2026-01-27T14:32:15.123Z"],
    ["2026-01-27T14:32:15.999999999Z", "2026-01-27T14:32:15.999Z"],
    ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"],
    ["2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000Z"],
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"],
    ["0099-12-31T23:59:59Z", "0099-12-31T23:59:59.000Z"],
    ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000Z"],
  ])("%s is %s", (text, iso) => {
    expect(new Date(parseTimestamp(text) ?? Number.NaN).toISOString()).toBe(iso);
  });

  it.each([
    "",
    "yesterday",
    "1769524335",
    "2026-01-27",
    "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "2026-01-27T24:00:00Z",
    "2026-01-27T23:60:00Z",
    "2026-01-27T23:59:60Z",
    "2026-01-27T14:32:15+24:00",
    "2026-01-27T14:32:15.1234567890Z",
    "2026-01-27T14:32:15 CET",
    "Tue, 27 Jan 2026 14:32:15 GMT",
  ])("%j is none", (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });

  it("agrees with the platform on every moment", () => {
    const from = new Date("0000-01-01T00:00:00Z");
    fc.assert(
      fc.property(fc.date({ min: from, max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true }), (date) => {
        expect(parseTimestamp(date.toISOString())).toBe(date.getTime());
      }),
    );
  });
});

describe("the clock of an event", () => {
  const at = (ms: number) => accepted(action({ timestamp: new Date(ms).toISOString() }));

  it("is judged by the agent's own time when that is not after arrival", () => {
    expect(at(ARRIVED)).toMatchObject({ clock: "ok", judged_at: ARRIVED });
    expect(at(ARRIVED - 600_000)).toMatchObject({ clock: "ok", judged_at: ARRIVED - 600_000 });
  });

  it("is late from more than ten minutes before arrival", () => {
    expect(at(ARRIVED - 600_001)).toMatchObject({ clock: "late", judged_at: ARRIVED - 600_001 });
  });

  it("is future from the first millisecond after arrival, and judged by arrival", () => {
    expect(at(ARRIVED + 1)).toMatchObject({ clock: "future", timestamp: ARRIVED + 1, judged_at: ARRIVED });
    expect(accepted(action({ timestamp: "9999-12-31T23:59:59Z" }))).toMatchObject({ judged_at: ARRIVED });
  });

  it("is ancient before 2000, and judged by arrival", () => {
    expect(accepted(action({ timestamp: "1999-12-31T23:59:59.999Z" }))).toMatchObject({
      clock: "ancient",
      judged_at: ARRIVED,
    });
    expect(accepted(action({ timestamp: "2000-01-01T00:00:00Z" }))).toMatchObject({ clock: "late" });
  });

  it("keeps the arrival and the mark of history that was brought in", () => {
    expect(accepted(action(), sourceAt(ARRIVED, true))).toMatchObject({ arrived_at: ARRIVED, backfill: true });
    expect(accepted(action())).not.toHaveProperty("backfill");
  });

  it("is refused as a number or another text, and when missing", () => {
    expect(refused(action({ timestamp: 1_769_524_335 })).code).toBe("invalid_timestamp");
    expect(refused(action({ timestamp: "soon" }))).toMatchObject({
      code: "invalid_timestamp",
      reason: expect.stringContaining('found "soon"'),
    });
    expect(refused(action({ timestamp: null })).code).toBe("missing_timestamp");
  });
});
