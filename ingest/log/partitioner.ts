import kafkajs from "kafkajs";

/** Names are agents' own words: neither many nor long ones may grow the memory. */
const REMEMBERED_KEYS = 65_536;
const REMEMBERED_LENGTH = 256;

/**
 * The partition of a key: murmur2 modulo the count, by kafkajs' own default partitioner, so that both adapters of the
 * event log (and Kafka's Java clients) agree. Remembers recent keys, because the hash costs microseconds.
 */
export function createPartitioner(partitions: number): (key: string) => number {
  const partition = kafkajs.Partitioners.DefaultPartitioner();
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionId,
    partitionErrorCode: 0,
    leader: 0,
    replicas: [],
    isr: [],
  }));
  const remembered = new Map<string, number>();

  return (key) => {
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const found = partition({ topic: "", partitionMetadata, message: { key, value: null } });
    if (key.length <= REMEMBERED_LENGTH) {
      if (remembered.size >= REMEMBERED_KEYS) remembered.clear();
      remembered.set(key, found);
    }
    return found;
  };
}
