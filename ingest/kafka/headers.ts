/** Headers of records on the inlet topic. All are optional: a plain line from anyone's producer works without. */
export const HEADERS = {
  /**
   * Who the event is, for a line that has no `id` of its own: its position in its source, so that the same line
   * produced again after a crash is one event. Intake takes it as the event's id with `id_source` "position"; a line's
   * own `id` goes before it.
   */
  id: "watchkeeper-id",
  /** `1`: history that is brought in; it is stored and learned from, and nothing pages. */
  backfill: "watchkeeper-backfill",
  /** Version of the event's form, `EVENT_SCHEMA_VERSION` of schemas/events; intake reads every version there has been. */
  schemaVersion: "schema-version",
  /** The program that produced it, such as `watchkeeper-ship/0.1.0`. */
  producer: "producer",
} as const;
