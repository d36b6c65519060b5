/** The words of the recorder, the part of Watchkeeper that lives inside an agent. */

/** Optional fields that every kind of event takes; unknown ones are kept and searchable. */
export interface EventFields {
  /** Defaults to the time of the call. */
  readonly timestamp?: string | number | Date;
  /** Defaults to a random id, so that a retried post counts once. */
  readonly id?: string;
  /** One task of the agent. */
  readonly run?: string;
  /** Who or what started it. */
  readonly trigger?: string;
  readonly parent?: string;
  readonly environment?: string;
  readonly model?: string;
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  readonly duration_ms?: number;
  readonly error?: string;
  /** The person, host, file, table or account that was touched. */
  readonly target?: string;
  readonly success?: boolean;
  readonly details?: unknown;
  /** Dollars, "$0.001", or an amount in a named currency. */
  readonly cost?:
    | number
    | string
    | { readonly amount: number | string; readonly currency: string; readonly source?: string };
  readonly [field: string]: unknown;
}

export interface FlushResult {
  /** Events answered with 200, or acknowledged by Kafka, during this flush. */
  readonly sent: number;
  /** Events that the gateway refused (they are in its dead letters). Always 0 with Kafka, which judges nothing. */
  readonly rejected: number;
  /** Events still buffered because gateway or Kafka could not be reached. */
  readonly buffered: number;
}

export interface RecorderStats {
  readonly sent: number;
  readonly rejected: number;
  /** Never sent: the buffer was full, the event could not be written as JSON, or the gateway refused the whole post. */
  readonly dropped: number;
  readonly buffered: number;
}

export interface RecorderKafka {
  /** `host:port` of some brokers. */
  readonly brokers: readonly string[];
  /** Default false. */
  readonly ssl?: boolean;
  /** Default: none. */
  readonly sasl?: {
    readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
    readonly username: string;
    readonly password: string;
  };
}

export interface RecorderOptions {
  /** The name that this agent's events carry. */
  readonly agent: string;
  /**
   * Base URL of the gateway. Default, unless Kafka is named by `kafka` or KAFKA_BROKERS: WATCHKEEPER_HTTP_HOST and
   * WATCHKEEPER_HTTP_PORT, else `http://127.0.0.1:7077`.
   */
  readonly url?: string;
  /** Of the gateway. Default, without `url`: WATCHKEEPER_HTTP_TOKEN. */
  readonly token?: string;
  /** Brokers to produce to instead of a gateway. Default, without `url`: KAFKA_BROKERS, KAFKA_SSL and KAFKA_SASL_*. */
  readonly kafka?: RecorderKafka;
  /** Where KAFKA_* and WATCHKEEPER_HTTP_* are read. Default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Put on every event that names no run of its own. */
  readonly run?: string;
  /** Longest time an event waits for company (ms). Default 1,000. */
  readonly flushAfterMs?: number;
  /** Events a post or a produce request. Default 500. */
  readonly maxBatch?: number;
  /** Bytes of events held while gateway or Kafka cannot be reached; then the oldest are dropped. Default 4 MiB. */
  readonly maxBufferedBytes?: number;
  /** One post may take this long (ms). Default 10,000. */
  readonly timeoutMs?: number;
  /** Flush when the process has nothing left to do. Default false. */
  readonly flushOnExit?: boolean;
  readonly fetch?: typeof globalThis.fetch;
  /** Unix milliseconds. Default `Date.now`. */
  readonly now?: () => number;
  /** Told of drops and failed posts, at most once per post. Whatever it throws is swallowed. */
  readonly onError?: (error: Error) => void;
}

export interface Recorder {
  /** Something the agent did. */
  action(name: string, fields?: EventFields): void;
  /** Something it decided, and why (`reasoning`, `threshold`, `action_triggered`). */
  decision(name: string, fields?: EventFields): void;
  /** A call of an API (`endpoint`, `response_code`, `cost`). */
  apiCall(api: string, fields?: EventFields): void;
  /** The same function, recorded as an action at every call: success, duration, error. */
  wrap<This, Args extends unknown[], Result>(
    name: string,
    fn: (this: This, ...args: Args) => Result,
  ): (this: This, ...args: Args) => Result;
  /** Sends what is buffered. Resolves even when that fails; never rejects. */
  flush(): Promise<FlushResult>;
  stats(): RecorderStats;
  /** Flushes once more, takes no further events, and closes its connections. */
  close(): Promise<FlushResult>;
}
