import { WatchkeeperError } from "../../../schemas/errors.ts";

/** The partition has another owner by now, or its group was stopped. */
export function fenced(group: string, topic: string, partition: number): WatchkeeperError {
  return new WatchkeeperError(`Group ${group} has given up ${topic}/${partition}; its commit is refused`, {
    code: "fenced",
  });
}

/** A group stands where the topic does not reach: it was made anew, or a leader without all records was elected. */
export function truncated(group: string, topic: string, partition: number, at: number, high: number): WatchkeeperError {
  return new WatchkeeperError(
    `Group ${group} has read ${topic}/${partition} up to ${at}, but the topic ends at ${high}: records were lost, or the topic was made anew.`,
    {
      code: "log_truncated",
      hint: "Find out what happened to the topic; to go on with what is there, reset the group's offsets with kafka-consumer-groups.sh.",
    },
  );
}

/** It passes: the same is tried again. */
export function unavailable(message: string): WatchkeeperError {
  return new WatchkeeperError(message, { code: "log_unavailable", verdict: "retry", retryAfterMs: 1_000 });
}
