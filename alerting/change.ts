/** What the watch hands to the sender once it is durable. */
import type { Incident } from "../schemas/incident.ts";

export type Change =
  | {
      readonly kind: "changed";
      readonly incident: Incident;
      /** Arrival of the event that decided it, Unix ms; null where no event did (time passed). */
      readonly arrivedAt: number | null;
    }
  /** Ended a day ago: once everything about it is told, its records can go. */
  | { readonly kind: "forgotten"; readonly id: string };
