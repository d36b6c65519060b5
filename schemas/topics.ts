/** Topics of the event log. The names are a contract: with Kafka they are the names on the broker. */
export const TOPICS = {
  /** Inlet: anyone's bytes. */
  events: "agent-events",
  /** Lines that intake refused, with their bytes and the reason. */
  dead: "agent-events-dead",
  /** The one ordered input of store and watch; partition = murmur2(agent) mod N. */
  journal: "agent-journal",
  /** Findings, incident transitions and sends, on their way to ClickHouse. */
  findings: "agent-findings",
  /** Compacted: checkpoints of the watch, keys `agent:NAME`, `baseline:NAME`, `scope:KIND:NAME`, `totals`, `integrity`, `partition`. */
  watchState: "agent-watch-state",
  /** Compacted: outbox of incidents, keys `incident:ID` (the watch) and `sent:ID` (the sender). */
  incidents: "agent-incidents",
  /** Compacted: the range of offsets that the store group is about to insert, key `range:TOPIC`. */
  storeState: "agent-store-state",
} as const;

export type Topic = (typeof TOPICS)[keyof typeof TOPICS];

/** Topics that keep only the newest value of a key. */
export const COMPACTED_TOPICS: readonly Topic[] = [TOPICS.watchState, TOPICS.incidents, TOPICS.storeState];

/** Consumer groups. */
export const GROUPS = { intake: "intake", store: "store", watch: "watch" } as const;
