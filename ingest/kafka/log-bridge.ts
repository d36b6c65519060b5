/** kafkajs's own log lines, in our log. */
import { type LogEntry, logLevel } from "kafkajs";
import type { Logger } from "pino";

/** Fields worth keeping; a list of what may pass, so that nothing secret ever does. */
const FIELDS = ["broker", "groupId", "topic", "partition", "memberId", "error", "retryCount", "retryTime"] as const;

/** What kafkajs calls errors though it is the life of a cluster and is retried: starts, elections, rebalances. */
const PASSING =
  /coordinator|rebalanc|re-joining|resync|is loading|leader|metadata|connection (?:error|timeout|closed)|closed connection|request .* timed out|does not host this topic-partition|ECONN|restarting the consumer/i;

/** Answers that are told again by whoever asked: said dozens of times while topics are new or a broker starts. */
const CHATTER = /^Response .*\(key: \d+/;

/**
 * So on purpose (retries are ours), the life of a transaction (the one before is still being written off), or what the
 * connection said in the line before.
 */
const ORDINARY =
  /^Limiting retries for the idempotent producer|concurrent operation on the same transaction|^Failed to connect to seed broker/;

/**
 * A receiver for kafkajs's log entries. What it gives up on is thrown and told by whoever called it, so here an error
 * is a `warn`, what passes by itself and warnings are `info`, single answers that are retried and the rest `debug`.
 */
export function bridgeLog(logger: Logger): (entry: LogEntry) => void {
  return ({ level, namespace, log }) => {
    const fields: Record<string, unknown> = { part: namespace };
    for (const name of FIELDS) if (log[name] !== undefined) fields[name] = log[name];
    const message = `kafka client: ${String(log.message)}`;
    const isChatter = CHATTER.test(log.message);
    const about = isChatter ? String(log.error) : `${log.message} ${String(log.error ?? "")}`;
    const passes = level === logLevel.WARN || PASSING.test(about);
    if (level > logLevel.WARN || (passes && isChatter) || ORDINARY.test(about)) logger.debug(fields, message);
    else if (passes) logger.info(fields, message);
    else logger.warn(fields, message);
  };
}
