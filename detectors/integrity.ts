/**
 * What Watchkeeper says of itself: gaps in what it read, lag past half of what is kept. Not about an agent, so it is no
 * `Detector`; the runner of the partition that owns the key of these records hands them over.
 */
import type { Finding } from "../schemas/finding.ts";
import type { Position } from "../schemas/journal.ts";
import { type GapRecord, type LagRecord, type LateRecord, SELF, type SelfRecord } from "../schemas/self.ts";
import { makeScopeFinding } from "./finding.ts";
import { gapKey, gapStatement } from "./integrity/gap.ts";
import { caughtUpStatement, lagKey, lagStatement, UNHEARD_MS } from "./integrity/lag.ts";
import { addLate, type LateTold, lateStatement } from "./integrity/late.ts";

/** Gaps remembered, so that one that is reported again is told once; the oldest are forgotten. */
const GAPS = 1_000;
const KEY = "integrity";

interface Saved {
  readonly v: 1;
  readonly offset: number;
  readonly gaps: readonly (readonly [key: string, to: number])[];
  readonly lags: readonly (readonly [key: string, at: number])[];
  /** Absent in states of releases that did not judge late, like the next. */
  readonly late?: LateTold;
  readonly sources?: readonly (readonly [partition: number, offset: number])[];
}

/** The runner's side of it. State key: `integrity`. */
export interface Integrity {
  /** Records at or before the restored offset are skipped. */
  onRecord(record: SelfRecord, position: Position, now: number): readonly Finding[];
  owns(key: string): boolean;
  save(key: string): string | null;
  restore(key: string, saved: unknown): void;
}

/** Nothing known yet; `onChange` is told of state that changed. */
export function createIntegrity(onChange: (key: string) => void): Integrity {
  let offset = -1;
  let gaps = new Map<string, number>();
  /** When a lag was last heard of, by group and topic. */
  let lags = new Map<string, number>();
  let late: LateTold | undefined;
  /** The last report of each partition. */
  let sources = new Map<number, number>();

  function onLate(record: LateRecord) {
    const { partition, offset: last } = record.source;
    if (last <= (sources.get(partition) ?? -1)) return undefined;
    sources.set(partition, last);
    late = addLate(late, record);
    return lateStatement(late);
  }

  function statementOf(record: SelfRecord) {
    if (record.type === "gap") return onGap(record);
    return record.type === "lag" ? onLag(record) : onLate(record);
  }

  function onGap(gap: GapRecord) {
    const key = gapKey(gap);
    const known = gaps.get(key);
    if (known !== undefined && gap.to <= known) return undefined;
    gaps.delete(key);
    gaps.set(key, gap.to);
    for (const oldest of gaps.keys()) {
      if (gaps.size <= GAPS) break;
      gaps.delete(oldest);
    }
    return gapStatement(gap);
  }

  function onLag(lag: LagRecord) {
    const key = lagKey(lag);
    const heardAt = lags.get(key);
    if (lag.partitions.length > 0) {
      lags.set(key, lag.at);
      return lagStatement(lag);
    }
    lags.delete(key);
    // One that nobody heard of for so long has ended already.
    return heardAt === undefined || lag.at >= heardAt + UNHEARD_MS ? undefined : caughtUpStatement(lag);
  }

  return {
    onRecord(record, position, now) {
      if (position.offset <= offset) return [];
      offset = position.offset;
      onChange(KEY);
      const statement = statementOf(record);
      return statement === undefined
        ? []
        : [makeScopeFinding({ kind: "watchkeeper", name: SELF }, now, position, statement)];
    },
    owns: (key) => key === KEY,
    save() {
      const saved: Saved = {
        v: 1,
        offset,
        gaps: [...gaps],
        lags: [...lags],
        sources: [...sources],
        ...(late && { late }),
      };
      return JSON.stringify(saved);
    },
    restore(_key, value) {
      const saved = value as Saved;
      offset = saved.offset;
      gaps = new Map(saved.gaps);
      lags = new Map(saved.lags);
      late = saved.late;
      sources = new Map(saved.sources);
    },
  };
}
