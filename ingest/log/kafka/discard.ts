import type { Producer } from "kafkajs";

/** Disconnects it, and once more when what it was at has ended, which may have connected it again. */
export function discard(producer: Producer, work?: Promise<unknown>): void {
  const disconnect = () => producer.disconnect().catch(() => undefined);
  void disconnect();
  void work?.then(disconnect, disconnect);
}
