/** Questions to the brokers, by an admin that is made anew when it fails: one that hangs would hang for all. */
import type { Admin, Kafka } from "kafkajs";
import { verdictOf } from "../../../schemas/errors.ts";
import { classifyKafkaError } from "../../kafka/errors.ts";
import { withinTime } from "./time-limit.ts";

export interface Admins {
  /** Rejects within `withinMs` (default 15,000) with what `classifyKafkaError` makes of it. */
  ask<T>(work: (admin: Admin) => Promise<T>, withinMs?: number): Promise<T>;
  close(): Promise<void>;
}

const ASK_MS = 15_000;
const CLOSE_MS = 3_000;

export function createAdmins(kafka: Pick<Kafka, "admin">): Admins {
  let current: Promise<Admin> | undefined;

  async function open(): Promise<Admin> {
    const admin = kafka.admin({ retry: { retries: 4, initialRetryTime: 100, maxRetryTime: 1_000 } });
    try {
      await admin.connect();
      return admin;
    } catch (error) {
      await admin.disconnect().catch(() => undefined);
      throw error;
    }
  }

  function drop(opening: Promise<Admin>): void {
    if (current === opening) current = undefined;
    void opening.then((admin) => admin.disconnect()).catch(() => undefined);
  }

  return {
    async ask(work, withinMs = ASK_MS) {
      current ??= open();
      const opening = current;
      const working = opening.then(work);
      // A question that was on its way when its admin was dropped makes kafkajs connect that one again.
      void working.catch(() => undefined).then(() => current !== opening && drop(opening));
      try {
        return await withinTime(working, withinMs, "an answer");
      } catch (error) {
        const classified = classifyKafkaError(error);
        if (verdictOf(classified) === "retry") drop(opening);
        else void opening.catch(() => drop(opening));
        throw classified;
      }
    },
    async close() {
      const opening = current;
      current = undefined;
      const closed = opening?.then((admin) => admin.disconnect());
      if (closed !== undefined) await withinTime(closed, CLOSE_MS, "a goodbye").catch(() => undefined);
    },
  };
}
