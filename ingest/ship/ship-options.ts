/** What the shipper needs and what it says at the end. */
import type { fetch as undiciFetch } from "undici";
import type { KafkaConnection } from "../kafka/connection.ts";

/** Where progress is written: a terminal, a file, a test's buffer. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface ShipOptions {
  /** Paths of JSON-lines files; one that does not exist yet is waited for. */
  readonly files: readonly string[];
  /** Base URL of a gateway, such as `http://127.0.0.1:7077`, or the cluster whose inlet topic takes the lines. */
  readonly to: string | KafkaConnection;
  /** What the position belongs to. Default: the gateway's origin, or the brokers. */
  readonly target?: string;
  /** Of the gateway. */
  readonly token?: string | undefined;
  /** Written durably before every range and after its answer. One process per checkpoint file. */
  readonly checkpointFile: string;
  /** Stops the shipper: the running range is finished within `stopWithinMs`, the position is kept. */
  readonly signal: AbortSignal;
  readonly progress: ProgressStream;
  /** Default: undici's. */
  readonly fetch?: typeof undiciFetch;
  /** Unix milliseconds. */
  now(): number;
  /** Resolves after the time (ms), or at once when the signal aborts; never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Bring history in: nothing pages. Default false. */
  readonly backfill?: boolean;
  /**
   * End when everything that is in the files now has been sent, instead of following them: a last line without newline
   * too. Default false.
   */
  readonly stopAtEnd?: boolean;
  /** Looks at the files this often even when the system reports no change (ms). Default 500. */
  readonly pollMs?: number;
  /** A rotated file that has not grown for this long is done with (ms). Default 60,000. */
  readonly settleMs?: number;
  /** How long a running try may go on after the signal (ms). Default 5,000. */
  readonly stopWithinMs?: number;
}

export interface ShipSummary {
  /**
   * Lines sent and answered, blank ones left out: `accepted` + `rejected`. Kafka takes every line; what intake refuses
   * afterwards is in the dead letters and not counted here.
   */
  readonly accepted: number;
  readonly rejected: number;
  /** Bytes of file sent and answered. */
  readonly bytes: number;
  /** Lines that were too long, of which only the beginning was sent, to be refused and recorded. */
  readonly cutLines: number;
  /** Bytes that rotation took away before they could be read. */
  readonly lostBytes: number;
  /** What was not sent yet, a partial last line included; only files with something left. */
  readonly pending: readonly { readonly file: string; readonly bytes: number }[];
}
