/** Several partitions of the journal with their runners, in one ordered world: kills, replays and ticks at will. */
import { DETECTORS } from "../../../detectors/registry.ts";
import { createRunner, type Runner } from "../../../detectors/runner.ts";
import { createPartitioner } from "../../../ingest/log/partitioner.ts";
import type { Finding } from "../../../schemas/finding.ts";
import { clockOf, type EventRecord, type JournalRecord } from "../../../schemas/journal.ts";
import type { ScopeRecord } from "../../../schemas/scope.ts";
import { configOf } from "../events.ts";

interface Checkpoint {
  readonly offset: number;
  readonly state: ReadonlyMap<string, string>;
}

export interface Cluster {
  /** Time passes until this moment (quiet partitions tick), then the event is appended and everything is judged. */
  send(event: EventRecord): void;
  advance(until: number): void;
  configure(written: unknown, at: number): void;
  /** Writes a checkpoint of this partition; with a share below 1 the sweep is cut short. */
  checkpoint(partition: number, share: number): void;
  /** Its owner dies and another goes on, `back` checkpoints before the newest. */
  kill(partition: number, back?: number): void;
  /** The next record of this partition is judged, and its owner dies before anything of it is durable. */
  killAtNext(partition: number): void;
  /** What was said, in order, each finding once. */
  readonly findings: readonly Finding[];
  /** Scope records that were written. */
  readonly records: readonly ScopeRecord[];
  /** The judged sum of a scope's usage in the period of this name. */
  sum(kind: string, name: string, key: string, period: string): number;
  partitionOf(name: string): number;
}

class Partition {
  readonly journal: JournalRecord[] = [];
  readonly checkpoints: Checkpoint[] = [{ offset: 0, state: new Map() }];
  state = new Map<string, string>();
  runner!: Runner;
  read = 0;
  dying = false;

  readonly #number: number;

  constructor(number: number) {
    this.#number = number;
    this.open({ offset: 0, state: new Map() });
  }

  open({ offset, state }: Checkpoint): void {
    this.runner = createRunner({
      ...{ detectors: DETECTORS, partition: this.#number },
      onFailure: (_detector, _agent, error) => {
        throw error;
      },
    });
    this.state = new Map(state);
    for (const [key, value] of state) this.runner.restore(key, Buffer.from(value));
    this.read = offset;
    this.dying = false;
  }

  /** Timers first, in due order, then the record, as the watch does. */
  judge(): Finding[] {
    const offset = this.read++;
    const record = this.journal[offset] as JournalRecord;
    const found: Finding[] = [];
    for (let due = this.runner.nextDue(); due !== undefined && due <= clockOf(record); due = this.runner.nextDue()) {
      found.push(...this.runner.fire(due));
    }
    found.push(...this.runner.evaluate(record, { partition: this.#number, offset }));
    return found;
  }
}

/** All partitions under one configuration. */
export function createCluster(written: unknown, count: number): Cluster {
  const partitionOf = createPartitioner(count);
  const partitions = Array.from({ length: count }, (_, number) => new Partition(number));
  const said = new Map<string, Finding>();
  const records: ScopeRecord[] = [];

  function note(found: readonly Finding[]): void {
    for (const finding of found) {
      if (finding.scope.kind === "agent") continue;
      const before = said.get(finding.id);
      if (before !== undefined && JSON.stringify(before) !== JSON.stringify(finding))
        throw new Error("another finding");
      said.set(finding.id, finding);
    }
  }

  function route(partition: Partition): void {
    for (const record of partition.runner.takeRecords()) {
      if (record.type !== "scope") continue;
      records.push(record);
      const copy = JSON.parse(JSON.stringify(record)) as ScopeRecord;
      partitions[partitionOf(record.scope.name)]?.journal.push(copy);
    }
  }

  function settle(): void {
    for (let rest = true; rest; ) {
      rest = false;
      for (const partition of partitions) {
        while (partition.read < partition.journal.length) {
          rest = true;
          const found = partition.judge();
          if (partition.dying) {
            revive(partition, 0);
            continue;
          }
          note(found);
          route(partition);
        }
      }
    }
  }

  function revive(partition: Partition, back: number): void {
    const { checkpoints } = partition;
    // What is newer was never written.
    checkpoints.splice(Math.max(1, checkpoints.length - back));
    partition.open(checkpoints.at(-1) as Checkpoint);
    while (partition.read < partition.journal.length) note(partition.judge());
    if (partition.runner.takeRecords().length > 0) throw new Error("a record left during a replay");
    partition.runner.caughtUp();
    route(partition);
  }

  function advance(until: number): void {
    for (let ticked = true; ticked; ) {
      ticked = false;
      for (const { runner, journal } of partitions) {
        const due = runner.nextDue();
        if (due === undefined || due + 100 > until) continue;
        journal.push({ type: "tick", at: due + 100 });
        ticked = true;
      }
      settle();
    }
  }

  function configure(config: unknown, at: number): void {
    const record = { type: "config", at, hash: JSON.stringify(config), config: configOf(config) } as const;
    for (const { journal } of partitions) journal.push(record);
    settle();
  }

  configure(written, 0);
  for (const { runner } of partitions) runner.caughtUp();
  return {
    partitionOf,
    advance,
    configure,
    records,
    send(event) {
      advance(event.arrived_at);
      partitions[partitionOf(event.agent)]?.journal.push(event);
      settle();
    },
    checkpoint(number, share) {
      const partition = partitions[number] as Partition;
      const dirty = partition.runner.takeDirty();
      const state = new Map(partition.state);
      for (const key of dirty.slice(0, Math.ceil(dirty.length * share))) {
        const value = partition.runner.save(key);
        if (value === null) state.delete(key);
        else state.set(key, value);
      }
      const newest = partition.checkpoints.at(-1) as Checkpoint;
      partition.checkpoints.push({ offset: share < 1 ? newest.offset : partition.read, state });
      partition.state = state;
      // What was cut short is lost with its owner.
      if (share < 1) revive(partition, 0);
      settle();
    },
    kill(number, back = 0) {
      revive(partitions[number] as Partition, back);
      settle();
    },
    killAtNext(number) {
      (partitions[number] as Partition).dying = true;
    },
    get findings() {
      return [...said.values()];
    },
    sum(kind, name, key, period) {
      const text = partitions[partitionOf(name)]?.runner.save(`scope:${kind}:${name}`) ?? '{"parts":[]}';
      const { parts } = JSON.parse(text) as { parts: [number, { usages: ScopeRecord["usages"] }][] };
      const usages = parts.flatMap(([, part]) => part.usages);
      const own = usages.filter((usage) => usage.key === key && usage.period.key === period);
      return own.reduce((sum, usage) => sum + Number(usage.sum), 0);
    },
  };
}
