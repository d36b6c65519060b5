/**
 * Appends of the process: one request on its way at a time, and everything that came in meanwhile goes with the next.
 * What fails is sent again until a deadline: events carry their identity, so that what was written after all is
 * recognised as a repeat by whoever reads.
 */
import { isFenced, verdictOf, WatchkeeperError } from "../../../schemas/errors.ts";
import { classifyKafkaError } from "../../kafka/errors.ts";
import { unavailable } from "./errors.ts";
import type { Sender } from "./sender.ts";
import type { Outgoing } from "./wire.ts";

export interface AppenderOptions {
  readonly sender: Sender;
  /** Asks Kafka something that only a leader of each partition answers; rejects when that fails. */
  readonly probe: () => Promise<unknown>;
  /** A monotonic clock, milliseconds. */
  readonly elapsed: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

export interface Appender {
  /**
   * Resolves when all in-sync replicas have them. Errors within 10 s: `log_unavailable`, `log_busy` (both retry);
   * `record_too_large` (poison), which is told to the caller whose record it is and to nobody else.
   */
  append(messages: readonly Outgoing[]): Promise<void>;
  /** What went wrong with the newest request; undefined when it was taken, or when Kafka has answered a probe since. */
  readonly trouble: WatchkeeperError | undefined;
  close(): Promise<void>;
}

interface Waiting {
  readonly messages: readonly Outgoing[];
  readonly bytes: number;
  readonly since: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What goes together, and what may wait before more is refused. */
const TOGETHER_BYTES = 4 * 1024 ** 2;
const WAITING_BYTES = 128 * 1024 ** 2;
/** A caller hears no later than this, and the least time of a try, that the broker does not take its records. */
const PATIENCE_MS = 8_000;
const TRY_MS = 2_000;
const PAUSE_MS = 200;
/** Between two probes. */
const PROBE_MS = 1_000;

export function createAppender({ sender, probe, elapsed, sleep }: AppenderOptions): Appender {
  const queue: Waiting[] = [];
  let waitingBytes = 0;
  let running: Promise<void> | undefined;
  let trouble: WatchkeeperError | undefined;
  let closed = false;
  let isProbing = false;

  async function sendPatiently(taken: readonly Waiting[]): Promise<void> {
    const messages = taken.flatMap((one) => one.messages);
    const deadline = (taken[0]?.since ?? elapsed()) + PATIENCE_MS;
    for (;;) {
      try {
        await sender.send(messages, Math.max(TRY_MS, deadline - elapsed()));
        trouble = undefined;
        return;
      } catch (error) {
        const found = classifyKafkaError(error);
        // The broker has forgotten the producer; another is made.
        const told = isFenced(found) ? unavailable(found.message) : found;
        // What is wrong with a record is nothing against the log.
        if (told.verdict !== "poison") {
          trouble = told;
          if (verdictOf(told) === "retry") void probeUntilWell();
        }
        if (verdictOf(told) !== "retry" || closed || elapsed() + PAUSE_MS > deadline) throw told;
        await sleep(PAUSE_MS);
      }
    }
  }

  /** Who is not ready is sent nothing by a load balancer: that Kafka is back must be found without a record to append. */
  async function probeUntilWell(): Promise<void> {
    if (isProbing) return;
    isProbing = true;
    while (trouble !== undefined && !closed) {
      await sleep(PROBE_MS);
      const known = trouble;
      const isAnswered =
        running === undefined &&
        (await probe().then(
          () => true,
          () => false,
        ));
      if (isAnswered && trouble === known) trouble = undefined;
    }
    isProbing = false;
  }

  function settle(one: Waiting, error?: unknown): void {
    waitingBytes -= one.bytes;
    if (error === undefined) one.resolve();
    else one.reject(error);
  }

  /** A record that is refused for itself takes nobody with it: each caller's records are then sent alone. */
  async function sendAndTell(taken: readonly Waiting[]): Promise<void> {
    try {
      await sendPatiently(taken);
      for (const one of taken) settle(one);
    } catch (error) {
      if (taken.length > 1 && verdictOf(error) === "poison") for (const one of taken) await sendAndTell([one]);
      else for (const one of taken) settle(one, error);
      if (verdictOf(error) === "retry") refuseLate(error);
    }
  }

  /** Who has waited as long as this is not kept for tries of their own. */
  function refuseLate(error: unknown): void {
    const late = elapsed() - PATIENCE_MS;
    while (queue[0] !== undefined && queue[0].since <= late) settle(queue.shift() as Waiting, error);
  }

  function takeSome(): Waiting[] {
    const taken: Waiting[] = [];
    for (let bytes = 0; queue.length > 0 && bytes < TOGETHER_BYTES; ) {
      const next = queue.shift() as Waiting;
      bytes += next.bytes;
      taken.push(next);
    }
    return taken;
  }

  async function run(): Promise<void> {
    await undefined;
    while (queue.length > 0) await sendAndTell(takeSome());
    running = undefined;
  }

  return {
    append(messages) {
      if (messages.length === 0) return Promise.resolve();
      const bytes = messages.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), 0);
      if (waitingBytes > 0 && waitingBytes + bytes > WAITING_BYTES) return Promise.reject(busy());
      waitingBytes += bytes;
      return new Promise((resolve, reject) => {
        queue.push({ messages, bytes, since: elapsed(), resolve, reject });
        running ??= run();
      });
    },
    get trouble() {
      return trouble;
    },
    async close() {
      closed = true;
      await running;
      await sender.close();
    },
  };
}

function busy(): WatchkeeperError {
  return new WatchkeeperError("Kafka does not keep up with what is appended", {
    code: "log_busy",
    verdict: "retry",
    retryAfterMs: 1000,
  });
}
