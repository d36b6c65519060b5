/** What `backup` and `restore` say when they are done. */
import type { BackupReport } from "./backup.ts";
import type { Manifest } from "./manifest.ts";

/** What is inside and how large, what is not, and how long was held. */
export function backupText(report: BackupReport): string {
  const { log, store, directory, at, bytes, heldMs } = report;
  return lines([
    `Backup of ${at} in ${directory}`,
    log && `  event log    ${size(bytes.log)}`,
    store !== null && `  store        ${size(bytes.store)}`,
    `  other files  ${size(bytes.other)} (where shipping stands)`,
    `Alerts went on; the store waited ${heldMs.store} ms, new events ${heldMs.intake} ms.`,
    ...notInside(report),
  ]);
}

export function restoreText(manifest: Manifest, directory: string): string {
  return lines([
    `Restored the backup of ${manifest.at} into ${directory}: ${manifest.files.length} files, all as they were written.`,
    ...notInside(manifest),
    "Start `watchkeeper up` on it; what arrived after the backup is not there unless it is shipped again.",
  ]);
}

function notInside({ log, store, positions }: Pick<Manifest, "log" | "store" | "positions">): string[] {
  const where = positions.map(({ topic, partition, offset }) => `${topic}/${partition}=${offset}`).join(" ");
  return [
    "NOT inside: the configuration file and the environment; keep them with your deployment.",
    ...(log ? [] : ["NOT inside: the event log, which is in Kafka. Its replicas and retention keep it."]),
    ...(!log && store !== null
      ? [`  The store stood at ${where}: set the group "store" back to there after a restore.`]
      : []),
    ...(store === null
      ? ["NOT inside: the store, which is a ClickHouse of your own. Back it up with its BACKUP DATABASE."]
      : []),
    ...(log && store === null
      ? ["  Log and store fit together only when both are backed up while `up` is stopped."]
      : []),
  ];
}

function size(bytes: number): string {
  return bytes < 1024 ** 2 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}

function lines(all: readonly (string | false)[]): string {
  return all
    .filter((line) => line !== false)
    .map((line) => `${line}\n`)
    .join("");
}
