/**
 * Who leads the group keeps the tables whole: it looks at the start and then every so often, and at once when an insert
 * of its own process meets a missing one. The others try again until the leader has mended it: two at a time would undo
 * each other's work.
 */
import type { Logger } from "pino";
import { messageOf } from "../../schemas/errors.ts";
import type { Sleep } from "../retrying.ts";
import type { StartLead } from "./lead.ts";

export interface TableKeeperOptions {
  /** Looks whether all is there, and makes what is not; rejects when it could not. */
  readonly keep: (signal: AbortSignal) => Promise<void>;
  readonly logger: Pick<Logger, "error">;
  readonly sleep: Sleep;
  /** Unix milliseconds. */
  readonly now: () => number;
}

export interface TableKeeper {
  /** The jobs of the one who leads, and this one. */
  beside(start: StartLead): StartLead;
  /** True when this process leads and the tables are whole now. Looks not more often than every 15 seconds. */
  mend(): Promise<boolean>;
}

const LOOK_EVERY_MS = 15_000;

export function createTableKeeper({ keep, logger, sleep, now }: TableKeeperOptions): TableKeeper {
  let look: (() => Promise<boolean>) | undefined;
  let mendedAt = Number.NEGATIVE_INFINITY;
  let mended = Promise.resolve(false);

  async function attempt(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    try {
      await keep(signal);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      logger.error({ error: messageOf(error) }, "the tables of the store could not be looked at or made again; later");
      return false;
    }
  }

  return {
    beside: (start) => (lead) => {
      const jobs = start(lead);
      const stopping = new AbortController();
      let last = Promise.resolve(false);
      const own = () => {
        last = last.then(() => attempt(stopping.signal));
        return last;
      };
      const run = async () => {
        while (!stopping.signal.aborted) {
          await own();
          await sleep(LOOK_EVERY_MS, stopping.signal);
        }
      };
      const running = run();
      look = own;
      mendedAt = Number.NEGATIVE_INFINITY;
      return {
        async stop() {
          if (look === own) look = undefined;
          stopping.abort();
          await Promise.all([running, jobs.stop()]);
        },
      };
    },
    async mend() {
      if (look === undefined) return false;
      if (now() - mendedAt >= LOOK_EVERY_MS) {
        mendedAt = now();
        mended = look();
      }
      return mended;
    },
  };
}
