/** Bounds the memory that all running requests hold together. */
import { refusal } from "./http-error.ts";

/** What one request holds. */
export interface Held {
  /** Error `busy` when all together would pass the limit; a request that is alone is bounded by its own limits. */
  add(bytes: number): void;
  release(): void;
}

export interface InFlight {
  open(): Held;
  readonly bytes: number;
}

export function createInFlight(limitBytes: number, changed: (bytes: number) => void): InFlight {
  let total = 0;
  return {
    get bytes() {
      return total;
    },
    open() {
      let own = 0;
      return {
        add(bytes) {
          const alone = total === own;
          if (!alone && total + bytes > limitBytes) {
            throw refusal("busy", "The gateway is holding as many bytes as it may; send again in a moment.", 1000);
          }
          own += bytes;
          total += bytes;
          changed(total);
        },
        release() {
          total -= own;
          own = 0;
          changed(total);
        },
      };
    },
  };
}
