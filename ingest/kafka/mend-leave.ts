/**
 * A repair of kafkajs 2.2.4, which leaves its group without a word when it crashes, and tells of the crash only when all
 * is over: another member may own the partitions by then. Here it says that the membership is over, by its event
 * `REBALANCING`, before the request to leave is sent.
 */
import { createRequire } from "node:module";

interface ConsumerGroup {
  readonly groupId: string;
  readonly memberId: string | null;
  readonly instrumentationEmitter: { emit(name: string, payload: object): void };
  leave(): Promise<void>;
}

const REPAIRED = Symbol.for("watchkeeper.mend-leave");

/** Doing it again changes nothing. */
export function mendLeave(): void {
  const load = createRequire(import.meta.url);
  const { prototype } = load("kafkajs/src/consumer/consumerGroup.js") as { prototype: ConsumerGroup };
  const { events } = load("kafkajs/src/consumer/instrumentationEvents.js") as { events: { REBALANCING: string } };
  const original = prototype.leave;
  if (typeof original !== "function" || REPAIRED in original) return;
  const mended = async function (this: ConsumerGroup): Promise<void> {
    const { groupId, memberId } = this;
    if (memberId) this.instrumentationEmitter.emit(events.REBALANCING, { groupId, memberId });
    await original.call(this);
  };
  prototype.leave = Object.assign(mended, { [REPAIRED]: true });
}
