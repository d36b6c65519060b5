/**
 * A consumer of kafkajs that does not stay dead: one that crashed, could not start or went silent is followed by
 * another, until it is stopped or nothing but a person can help.
 */
import type { Consumer, ConsumerCrashEvent, EachBatchHandler } from "kafkajs";
import type { Logger } from "pino";
import { messageOf, verdictOf, type WatchkeeperError } from "../../../schemas/errors.ts";
import { classifyKafkaError } from "../../kafka/errors.ts";
import { settledBy } from "../../settled-by.ts";
import { unavailable } from "./errors.ts";
import { withinTime } from "./time-limit.ts";
import { createWatchdog } from "./watchdog.ts";

export interface SupervisedOptions {
  /** How it is called in messages. */
  readonly group: string;
  /** A fresh consumer, made with `restartOnFailure` that says no. */
  readonly create: () => Consumer;
  /** Their names on the broker. */
  readonly topics: readonly string[];
  /** Hangs listeners on a fresh consumer, before it starts. */
  readonly attach: (consumer: Consumer) => void;
  readonly eachBatch: EachBatchHandler;
  /** This consumer does nothing any more; it may not have left the group yet. */
  readonly onGone: () => void;
  /** It makes no sense to go on. */
  readonly onFatal: (error: WatchkeeperError) => void;
  readonly sleep: (ms: number) => Promise<void>;
  readonly logger: Logger;
}

export interface Supervised {
  /** The consumer that runs now; undefined between two. */
  readonly current: Consumer | undefined;
  /** Leaves the group; resolves in seconds even if the broker does not answer, and when the signal aborts. */
  stop(late?: AbortSignal): Promise<void>;
}

const LEAVE_WITHIN_MS = 5_000;
/** A consumer that asks to join hears nothing until all others have, and kafkajs waits for that before it disconnects. */
const UNJOINED_WITHIN_MS = 1_000;
const RESTART_MS = 1_000;
const TICK_MS = 5_000;
/** A minute of silence. */
const SILENT_TICKS = 12;
/** Troubles that might pass are met so often in a row, with no heartbeat in between, before they count as fatal. */
const STRIKES = 5;
/** Waiting does not change these. */
const HOPELESS: ReadonlySet<string> = new Set([
  "kafka_auth_failed",
  "kafka_tls_failed",
  "kafka_not_authorized",
  "kafka_unsupported",
  "kafka_refused",
]);

export function superviseConsumer(options: SupervisedOptions): Supervised {
  const { group, logger, sleep } = options;
  let current: Consumer | undefined;
  let end: (error: unknown) => void = () => undefined;
  let strikes = 0;
  let isStopping = false;

  async function watch(consumer: Consumer): Promise<void> {
    const { events } = consumer;
    const dog = createWatchdog(SILENT_TICKS);
    const alive = () => {
      strikes = 0;
      dog.alive();
    };
    consumer.on(events.HEARTBEAT, alive);
    consumer.on(events.GROUP_JOIN, dog.alive);
    consumer.on(events.FETCH_START, ({ payload }) => dog.fetching(String(payload.nodeId)));
    consumer.on(events.FETCH, ({ payload }) => dog.fetched(String(payload.nodeId)));
    for (;;) {
      await sleep(TICK_MS);
      if (current !== consumer) return;
      const trouble = dog.tick();
      if (trouble !== undefined) return end(unavailable(`Kafka: for a minute ${trouble}.`));
    }
  }

  async function start(consumer: Consumer): Promise<void> {
    await consumer.connect();
    await consumer.subscribe({ topics: [...options.topics], fromBeginning: true });
    if (current === consumer) {
      await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: options.eachBatch });
    }
  }

  /** Resolves with what it died of; undefined: it was stopped. */
  async function oneLife(): Promise<unknown> {
    const consumer = options.create();
    let hasJoined = false;
    const ended = new Promise<unknown>((resolve) => {
      end = resolve;
    });
    consumer.on(consumer.events.CRASH, ({ payload }: ConsumerCrashEvent) => {
      if (current === consumer) end(payload.error);
    });
    consumer.on(consumer.events.GROUP_JOIN, () => {
      hasJoined = true;
    });
    options.attach(consumer);
    current = consumer;
    void watch(consumer);
    const starting = start(consumer).catch((error: unknown) => {
      if (current === consumer) end(error);
    });
    const error = await ended;
    current = undefined;
    options.onGone();
    // What was on its way may connect it once more.
    void starting.then(() => consumer.disconnect()).catch(() => undefined);
    const within = hasJoined ? LEAVE_WITHIN_MS : UNJOINED_WITHIN_MS;
    await withinTime(consumer.disconnect(), within, "leaving the group").catch(() => undefined);
    return error;
  }

  async function live(): Promise<void> {
    while (!isStopping) {
      const error = await oneLife();
      if (isStopping) return;
      const classified = classifyKafkaError(error, { group });
      if (verdictOf(classified) !== "retry") strikes += 1;
      if (HOPELESS.has(classified.code) || strikes >= STRIKES) return options.onFatal(classified);
      logger.warn({ group, error: messageOf(classified) }, "the consumer ended and is started again");
      await sleep(RESTART_MS);
    }
  }

  const running = live();
  return {
    get current() {
      return current;
    },
    async stop(late) {
      isStopping = true;
      end(undefined);
      const left = withinTime(running, LEAVE_WITHIN_MS + RESTART_MS, "stopping").catch(() => undefined);
      await settledBy(left, late);
    },
  };
}
