/** A process that dies at a chosen step: from then on nothing it does has an effect or an answer. */
import type { ClickHouseClient } from "@clickhouse/client";
import type { EventLog } from "../../../ingest/log/event-log.ts";
import { WatchkeeperError } from "../../../schemas/errors.ts";

/** Dies at the `step`th commit or insert (from 0): before it takes effect, or after, with the answer lost. */
export interface CrashPoint {
  readonly step: number;
  readonly after: boolean;
}

export interface Crash {
  readonly happened: Promise<void>;
  run<T>(work: () => Promise<T>): Promise<T>;
}

export function createCrash(point: CrashPoint | undefined): Crash {
  let steps = 0;
  let isDead = false;
  let onDeath: () => void = () => {};
  const happened = new Promise<void>((resolve) => {
    onDeath = resolve;
  });

  function die(): never {
    isDead = true;
    onDeath();
    throw new WatchkeeperError("the process is dead", { code: "dead" });
  }

  return {
    happened,
    async run(work) {
      if (isDead) return die();
      const isLast = point !== undefined && steps >= point.step;
      steps += 1;
      if (isLast && !point.after) return die();
      // What is under way at the moment of death may take effect, too.
      if (isLast) isDead = true;
      const answer = await work();
      return isLast || isDead ? die() : answer;
    },
  };
}

export function crashingLog(log: EventLog, crash: Crash): EventLog {
  return {
    ...log,
    consume: (options) =>
      log.consume({
        ...options,
        open: (assignment) =>
          options.open({ ...assignment, commit: (step) => crash.run(() => assignment.commit(step)) }),
      }),
  };
}

export function crashingClient(client: ClickHouseClient, crash: Crash): ClickHouseClient {
  return new Proxy(client, {
    get(target, name) {
      if (name !== "exec") return Reflect.get(target, name);
      return (params: Parameters<ClickHouseClient["exec"]>[0]) => crash.run(() => target.exec(params));
    },
  });
}
