/** The partitions that are watched by this process now: their incidents, and whether they are surely its own. */
import type { Incident } from "../schemas/incident.ts";
import type { IncidentBook } from "./incident-book.ts";

interface Held {
  readonly partition: number;
  readonly book: Pick<IncidentBook, "list">;
  readonly isOwner: () => boolean;
}

export interface HeldCores {
  /** The same core; from its `close` on it is held no more, so that nothing old is shown of a partition that others have. */
  hold<Core extends { close(): Promise<void> }>(core: Core, held: Held): Core;
  /** Of all partitions. */
  incidents(): readonly Incident[];
  isOwner(partition: number): boolean;
}

export function createHeldCores(): HeldCores {
  const cores = new Map<number, Held>();
  return {
    hold(core, held) {
      cores.set(held.partition, held);
      return {
        ...core,
        async close() {
          if (cores.get(held.partition) === held) cores.delete(held.partition);
          await core.close();
        },
      };
    },
    incidents: () => [...cores.values()].flatMap(({ book }) => book.list()),
    isOwner: (partition) => cores.get(partition)?.isOwner() ?? false,
  };
}
