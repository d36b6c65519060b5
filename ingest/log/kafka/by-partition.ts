/** One thing for each partition of each topic, in the order in which they came up; without a text made for each look. */
import type { Topic } from "../../../schemas/topics.ts";

export class ByPartition<T> {
  readonly #topics = new Map<Topic, Map<number, T>>();
  readonly #make: () => T;
  /** In the order in which they were first asked for. */
  readonly all: { readonly topic: Topic; readonly value: T }[] = [];

  constructor(make: () => T) {
    this.#make = make;
  }

  of(topic: Topic, partition: number): T {
    const found = this.#topics.get(topic)?.get(partition);
    if (found !== undefined) return found;
    const value = this.#make();
    const partitions = this.#topics.get(topic) ?? new Map<number, T>();
    this.#topics.set(topic, partitions.set(partition, value));
    this.all.push({ topic, value });
    return value;
  }
}
