import { describe, expect, it } from "vitest";
import { createZones, HOUR_MS } from "../../detectors/time/zones.ts";

const ZONES = ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Cairo", "America/Santiago"];

describe("calendar periods", () => {
  it.each(ZONES)("hold every moment of the year they are asked for, in %s", (zone) => {
    const { period } = createZones();
    const missed: string[] = [];
    for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2027, 0, 2); at += HOUR_MS / 2) {
      for (const unit of ["hour", "day", "week", "month"] as const) {
        const { start, end, key } = period(zone, unit, at);
        if (at < start || at >= end) missed.push(`${new Date(at).toISOString()} ${unit} ${key}`);
      }
    }
    expect(missed).toEqual([]);
  });
});
