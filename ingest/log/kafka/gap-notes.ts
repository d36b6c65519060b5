/**
 * Gaps of one partition on their way into the journal. A gap is written at once where the log takes it, and no step that
 * moves the group goes without those that are not written yet: once the group is past a gap, nobody would find it again.
 */
import type { Topic } from "../../../schemas/topics.ts";
import type { LogAppend } from "../event-log.ts";
import type { Outgoing } from "./wire.ts";

/** Records that are gone, or cannot be read, before a group has read them. */
export interface Gap {
  readonly group: string;
  readonly topic: Topic;
  readonly partition: number;
  /** The first offset that is missing and the first that is there again. */
  readonly from: number;
  readonly to: number;
}

export interface GapOptions {
  /** Says a gap at once: a log line, a metric. */
  readonly onGap: (gap: Gap) => void;
  /** The record that tells of a gap; left out: none is written. */
  readonly recordOfGap?: ((gap: Gap) => LogAppend) | undefined;
}

export interface GapNotesOptions extends GapOptions {
  readonly partitionOf: (key: string) => number;
  /** One step of its own; may reject. */
  readonly write: (messages: readonly Outgoing[]) => Promise<void>;
}

export interface GapNotes {
  note(gap: Gap): void;
  /** What the next step must hold as well, once what is being written is settled. */
  untold(): Promise<readonly Outgoing[]>;
  /** A step that held these was taken. */
  told(messages: readonly Outgoing[]): void;
}

export function createGapNotes({ onGap, recordOfGap, partitionOf, write }: GapNotesOptions): GapNotes {
  let waiting: readonly Outgoing[] = [];
  let writing: Promise<void> | undefined;

  function told(messages: readonly Outgoing[]): void {
    waiting = waiting.filter((message) => !messages.includes(message));
  }

  /** One try: where it fails the next step takes them along, and where that fails too the group has not moved. */
  async function writeOnce(): Promise<void> {
    await undefined;
    const messages = waiting;
    try {
      await write(messages);
      told(messages);
    } catch {
      // They wait on.
    } finally {
      writing = undefined;
    }
  }

  return {
    note(gap) {
      onGap(gap);
      if (recordOfGap === undefined) return;
      const record = recordOfGap(gap);
      waiting = [...waiting, { ...record, partition: partitionOf(record.key) }];
      writing ??= writeOnce();
    },
    async untold() {
      await writing;
      return waiting;
    },
    told,
  };
}
