import type { Topic } from "../../schemas/topics.ts";

/** One partition of a topic of the embedded log, as far as it is on disk. */
export class EmbeddedPartition {
  readonly topic: Topic;
  readonly partition: number;
  /** Offset of the oldest record that is held. */
  beginning: number;
  /** Offset of the next record. */
  end: number;
  #waiting: (() => void)[] = [];

  constructor(topic: Topic, partition: number, beginning: number, end: number) {
    this.topic = topic;
    this.partition = partition;
    this.beginning = beginning;
    this.end = end;
  }

  /** Resolves at the next `announce`. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Wakes everyone who waits: there is more to read, or reason to stop. */
  announce(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
