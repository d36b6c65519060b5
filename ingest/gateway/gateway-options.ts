/** What the gateway needs from outside. */
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { Intake } from "../intake/intake.ts";
import type { LogAppend } from "../log/event-log.ts";

/** One reason why this process is, or is not, able to work. */
export interface HealthCheck {
  readonly name: string;
  readonly ok: boolean;
  /** One sentence; no secrets, no addresses of others. */
  readonly detail?: string;
}

/** What may be asked and said of incidents. */
export interface IncidentDesk {
  /** Newest first; `open` means not resolved. */
  list(filter: "open" | "resolved" | "all"): Promise<readonly object[]>;
  /** Resolves with the incident, once what was said is durable. Errors: `incident_not_found`, `incident_is_over`, `nothing_to_learn`. */
  say(act: "acknowledged" | "expected", id: string, by: string): Promise<object>;
}

/** Writes a backup into an absolute directory; aborted when the caller is gone. The answer is what it resolves with. */
export type RunBackup = (directory: string, signal: AbortSignal) => Promise<object>;

export interface GatewayOptions {
  /** Left out: events are not taken in here, and who posts some is told so. */
  readonly intake?: Intake | undefined;
  /** Resolves when every record is durable. Rejects with verdict `retry` and code `log_full` when there is no room. */
  append(records: readonly LogAppend[]): Promise<void>;
  readonly limits: {
    /** One request body, packed and unpacked. */
    readonly bodyBytes: number;
    /** Events a second from one sender, with bursts of ten seconds' worth. */
    readonly eventsPerSecond: number;
    /** Default `IN_FLIGHT_BYTES`. */
    readonly inFlightBytes?: number;
  };
  /** `token` is needed beyond loopback, and everywhere when it is set; `changes` everywhere, for what changes something. */
  readonly auth: { readonly token?: string | undefined; readonly changes: string };
  /** Port 0 takes any free one. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Unix milliseconds. */
  now(): number;
  /** A fresh unguessable id, such as `randomUUID()`. */
  randomId(): string;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly health: {
    /** False when only a restart helps. */
    live(): boolean;
    ready(): Promise<readonly HealthCheck[]>;
  };
  /** Left out: incidents are not shown here, and who asks is told so. */
  readonly incidents?: IncidentDesk | undefined;
  /** Left out: there is no `POST /v1/backup`. */
  readonly backup?: RunBackup;
  /** Prometheus text. */
  metrics(): Promise<string>;
}

export interface Gateway {
  /** `http://127.0.0.1:7077`; known after `start`. */
  readonly url: string;
  /** Errors: `token_required`, `port_in_use`, `port_forbidden`, `address_unavailable`. */
  start(): Promise<void>;
  /** Takes no new request, lets running ones end within `STOP_WITHIN_MS`, closes every connection. */
  stop(): Promise<void>;
}
