/** What a partition knows beside its agents: how late it is, and the configuration in force. */
import type { CalibrationRecord } from "../../schemas/calibration.ts";
import { configSchema, type WatchConfig, watchConfigOf } from "../../schemas/config.ts";
import { type ConfigRecord, clockOf, type JournalRecord } from "../../schemas/journal.ts";
import { type Thresholds, thresholdsOf } from "../calibration/thresholds.ts";

interface SavedPartition {
  readonly v: 1;
  readonly offset: number;
  readonly clock: number;
  readonly config: ConfigRecord | null;
  /** Absent in what releases without it wrote. */
  readonly calibration?: CalibrationRecord | null;
}

export interface PartitionState {
  readonly now: number;
  /** The greatest moment of a record so far: timers do not move it. */
  readonly recordAt: number;
  readonly config: WatchConfig;
  /** Of the configuration in force; undefined while there was none. */
  readonly configHash: string | undefined;
  /** Grows with every configuration taken in. */
  readonly configNumber: number;
  /** Takes in a record's time. */
  advance(record: JournalRecord, offset: number): void;
  moveTo(due: number): void;
  readonly thresholds: Thresholds;
  calibrate(record: CalibrationRecord): void;
  /** True when it is another configuration than the one before. */
  configure(record: ConfigRecord): boolean;
  save(): string;
  restore(saved: unknown): void;
}

/** The clock at zero and the defaults of an empty configuration. */
export function createPartitionState(): PartitionState {
  const defaults = watchConfigOf(configSchema.parse({}));
  let config: ConfigRecord | undefined;
  let calibration: CalibrationRecord | undefined;
  let thresholds = thresholdsOf(undefined);
  let configNumber = 0;
  let clock = 0;
  let offset = -1;
  /** While records at or before the restored offset are replayed, time is theirs, not that of the end. */
  let replayClock = 0;
  let recordAt = 0;

  return {
    get recordAt() {
      return recordAt;
    },
    get now() {
      return replayClock === 0 ? clock : replayClock;
    },
    get config() {
      return config?.config ?? defaults;
    },
    get configHash() {
      return config?.hash;
    },
    get configNumber() {
      return configNumber;
    },
    get thresholds() {
      return thresholds;
    },
    calibrate(record) {
      calibration = record;
      thresholds = thresholdsOf(record);
    },
    advance(record, at) {
      const time = clockOf(record);
      recordAt = Math.max(recordAt, time);
      if (at <= offset) {
        replayClock = Math.max(replayClock, time);
        return;
      }
      replayClock = 0;
      offset = at;
      clock = Math.max(clock, time);
    },
    moveTo(due) {
      if (replayClock === 0) clock = Math.max(clock, due);
      else replayClock = Math.max(replayClock, due);
    },
    configure(record) {
      const isNew = record.hash !== config?.hash;
      config = record;
      configNumber++;
      return isNew;
    },
    save() {
      const saved: SavedPartition = { v: 1, offset, clock, config: config ?? null, calibration: calibration ?? null };
      return JSON.stringify(saved);
    },
    restore(value) {
      const saved = value as SavedPartition;
      offset = saved.offset;
      clock = saved.clock;
      recordAt = saved.clock;
      config = saved.config ?? undefined;
      calibration = saved.calibration ?? undefined;
      thresholds = thresholdsOf(calibration);
      configNumber++;
    },
  };
}
