/** What the gateway needs from outside. */
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { Intake } from "../intake/intake.ts";
import type { LogAppend } from "../log/event-log.ts";
import type { BackupRoute } from "./backup-route.ts";

/** One reason why this process is, or is not, able to work. */
export interface HealthCheck {
  readonly name: string;
  readonly ok: boolean;
  /** One sentence; no secrets, no addresses of others. */
  readonly detail?: string;
}

/** `open` means not resolved. */
export type IncidentFilter = "open" | "resolved" | "all";

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
  /** The token is needed beyond loopback. */
  readonly auth: { readonly token?: string | undefined };
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
  /** Newest first. Left out: incidents are not shown here, and who asks is told so. */
  readonly incidents?: ((filter: IncidentFilter) => Promise<readonly unknown[]>) | undefined;
  /** Left out: there is no `POST /v1/backup`. */
  readonly backup?: BackupRoute;
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
