/** Sends outside of transactions: one idempotent producer, thrown away whenever something went wrong with it. */
import type { CompressionTypes, Kafka, Producer } from "kafkajs";
import { PRODUCER_DEFAULTS } from "../../kafka/client.ts";
import { discard } from "./discard.ts";
import { unavailable } from "./errors.ts";
import type { Names } from "./names.ts";
import { withinTime } from "./time-limit.ts";
import { isAnswered, type Outgoing, requestsOf } from "./wire.ts";

export interface Sender {
  /** Resolves when all in-sync replicas have them; gives up after so many milliseconds. One call at a time. */
  send(messages: readonly Outgoing[], withinMs: number): Promise<void>;
  close(): Promise<void>;
}

const CLOSE_MS = 3_000;

export function createSender(kafka: Pick<Kafka, "producer">, compression: CompressionTypes, names: Names): Sender {
  let producer: Producer | undefined;

  async function sendAll(current: Producer, isFresh: boolean, messages: readonly Outgoing[]): Promise<void> {
    if (isFresh) await current.connect();
    for (const request of requestsOf(messages, names)) {
      // Given up meanwhile: what would be sent now would come after what another sends.
      if (producer !== current) throw unavailable("Kafka: sending was given up.");
      const answers = await current.sendBatch({ topicMessages: request, acks: -1, compression });
      if (!isAnswered(request, answers)) throw unavailable("Kafka did not answer for every partition of a request.");
    }
  }

  return {
    async send(messages, withinMs) {
      const isFresh = producer === undefined;
      producer ??= kafka.producer({
        ...PRODUCER_DEFAULTS,
        idempotent: true,
        maxInFlightRequests: 1,
        retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1_000 },
      });
      const current = producer;
      const work = sendAll(current, isFresh, messages);
      try {
        await withinTime(work, withinMs, "an append");
      } catch (error) {
        // Its sequence numbers may be out of step: used again, it could pass new records off as repeats.
        producer = undefined;
        discard(current, work);
        throw error;
      }
    },
    async close() {
      const leaving = producer?.disconnect();
      producer = undefined;
      if (leaving !== undefined) await withinTime(leaving, CLOSE_MS, "a goodbye").catch(() => undefined);
    },
  };
}
