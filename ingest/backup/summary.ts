/** What `backup` and `restore` say when they are done. */
import type { BackupReport } from "./backup.ts";
import type { Manifest } from "./manifest.ts";

const OF_YOUR_OWN = "which is a ClickHouse of your own. Back it up with its BACKUP DATABASE.";
const NOT_HERE = "which this process does not have. Back it up where a process with that role runs.";
const ELSEWHERE = "which is a ClickHouse of your own, or another process has it.";

/** What is inside and how large, what is not, and how long was held. */
export function backupText(report: BackupReport): string {
  const { log, store, directory, at, bytes, heldMs } = report;
  return lines([
    `Backup of ${at} in ${directory}`,
    log && `  event log    ${size(bytes.log)}`,
    store !== null && `  store        ${size(bytes.store)}`,
    `  other files  ${size(bytes.other)} (where shipping stands)`,
    store === null
      ? `Alerts went on; new events waited ${heldMs.intake} ms.`
      : `Alerts went on; the store waited ${heldMs.store} ms, new events ${heldMs.intake} ms.`,
    ...notInside(report, report.hasStore ? OF_YOUR_OWN : NOT_HERE),
  ]);
}

/** `isSetBack`: the group "store" stands in Kafka where it stood at the backup. */
export function restoreText(manifest: Manifest, directory: string, isSetBack: boolean): string {
  return lines([
    `Restored the backup of ${manifest.at} into ${directory}: ${manifest.files.length} files, all as they were written.`,
    ...notInside(isSetBack ? { ...manifest, positions: [] } : manifest, ELSEWHERE),
    isSetBack
      ? 'The consumer group "store" was put back to the moment of the backup. Start `watchkeeper up`: what came after it is stored again from Kafka.'
      : manifest.log || manifest.store === null
        ? "Start `watchkeeper up` on it; what arrived after the backup is not there unless it is shipped again."
        : 'Start `watchkeeper up` on it when the group "store" is set back: it stores from Kafka what came after the backup.',
  ]);
}

function notInside(
  { log, store, positions }: Pick<Manifest, "log" | "store" | "positions">,
  whereStore: string,
): string[] {
  const where = positions.map(({ topic, partition, offset }) => `${topic}/${partition}=${offset}`).join(" ");
  return [
    "NOT inside: the configuration file and the environment; keep them with your deployment.",
    ...(log ? [] : ["NOT inside: the event log, which is in Kafka. Its replicas and retention keep it."]),
    ...(!log && store !== null && positions.length > 0
      ? [`  The store stood at ${where}: set the group "store" back to there after a restore.`]
      : []),
    ...(store === null ? [`NOT inside: the store, ${whereStore}`] : []),
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
