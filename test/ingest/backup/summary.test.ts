import { describe, expect, it } from "vitest";
import type { BackupReport } from "../../../ingest/backup/backup.ts";
import { backupText, restoreText } from "../../../ingest/backup/summary.ts";

const report: BackupReport = {
  ...{ format: 1, program: "0.0.0", at: "2026-11-21T20:00:00.000Z", directory: "/backup", positions: [] },
  ...{
    log: false,
    store: null,
    hasStore: false,
    bytes: { log: 0, store: 0, other: 12 },
    heldMs: { store: 0, intake: 3 },
  },
};

describe("what a backup says of the store", () => {
  it("is that a process without the role has none, and nothing of a wait", () => {
    const text = backupText(report);
    expect(text).toContain("NOT inside: the store, which this process does not have");
    expect(text).not.toMatch(/of your own|store waited/);
    expect(text).toContain("Alerts went on; new events waited 3 ms.");
  });

  it("is that an outside ClickHouse is somebody else's to back up", () => {
    const text = backupText({ ...report, hasStore: true });
    expect(text).toMatch(/NOT inside: the store, which is a ClickHouse of your own/);
    expect(text).not.toContain("store waited");
  });

  it("is how long it waited when it is inside", () => {
    const text = backupText({ ...report, hasStore: true, log: true, store: { engine: "26.1", migration: 3 } });
    expect(text).toContain("Alerts went on; the store waited 0 ms, new events 3 ms.");
    expect(text).not.toContain("the store, which");
  });
});

describe("what a restore says of what came after the backup", () => {
  const positions = [{ topic: "agent-journal", partition: 0, offset: 7 }];
  const manifest = { ...report, files: [], store: { engine: "26.1", migration: 3 }, positions };

  it("is that it is gone where the log was inside", () => {
    expect(restoreText({ ...manifest, log: true, positions: [] }, "/data", false)).toMatch(
      /unless it is shipped again/,
    );
  });

  it("is that it comes from Kafka, once the group is set back", () => {
    const byHand = restoreText(manifest, "/data", false);
    expect(byHand).toMatch(/agent-journal\/0=7: set the group "store" back/);
    expect(byHand).not.toContain("shipped again");
    const done = restoreText(manifest, "/data", true);
    expect(done).toContain('The consumer group "store" was put back to the moment of the backup.');
    expect(done).not.toContain("=7");
  });
});
