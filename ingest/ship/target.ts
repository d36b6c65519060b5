/** What a position belongs to: the same file stands elsewhere for another target. */
import { isLoopback } from "../loopback.ts";
import type { ShipOptions } from "./ship-options.ts";

/** The gateway of this machine that nobody names: its port may be another one at every start. */
export const OWN_GATEWAY = "the gateway of this machine";

const KAFKA = "Kafka at ";

/** A gateway by its origin, Kafka by the brokers that are named. `to` is an address that `titleOf` takes. */
export function targetOf(to: ShipOptions["to"]): string {
  return typeof to === "string" ? new URL(to).origin : `${KAFKA}${[...to.brokers].sort().join(",")}`;
}

/** Whether two names mean one target: a list of brokers may change as long as one stays. */
export function isSameTarget(one: string, other: string): boolean {
  if (!isKafka(one) || !isKafka(other)) return one === other;
  const known = brokersIn(one);
  return brokersIn(other).some((broker) => known.includes(broker));
}

export function isKafka(target: string): boolean {
  return target.startsWith(KAFKA);
}

/** Whether two URLs reach the same port of this machine, or are of one origin. */
export function isSameGateway(one: string, other: string): boolean {
  const [a, b] = [new URL(one), new URL(other)];
  if (a.origin === b.origin) return true;
  return isLocal(a.hostname) && isLocal(b.hostname) && a.port === b.port && a.protocol === b.protocol;
}

/** Whether a host to listen on, or to reach, is this machine. */
export function isLocal(host: string): boolean {
  return isLoopback(host) || ["0.0.0.0", "::", "[::]"].includes(host);
}

function brokersIn(target: string): string[] {
  return target.slice(KAFKA.length).split(",");
}
