/** A client that never gives up: every batch is posted again, with the same ids, until it is answered with 200. */
import { setTimeout as delay } from "node:timers/promises";

export interface LoadOptions {
  /** Where the gateway is now; undefined while it is down. */
  readonly url: () => string | undefined;
  readonly agents: number;
  readonly linesPerBatch: number;
  readonly pauseMs: number;
  readonly random: () => number;
}

export interface Load {
  /** Ids of accepted events, by agent. */
  readonly accepted: ReadonlyMap<string, ReadonlySet<string>>;
  /** Dollars of accepted events in thousandths, by agent. */
  readonly spent: ReadonlyMap<string, number>;
  /** Lines refused on purpose, each once. */
  readonly refused: () => number;
  stop(): Promise<void>;
}

const TOOLS = ["web_search", "send_email", "openai", "read_file"];

/** Starts posting; one batch at a time, so that what was accepted is known exactly. */
export function startLoad(options: LoadOptions): Load {
  const accepted = new Map<string, Set<string>>();
  const spent = new Map<string, number>();
  const stopping = new AbortController();
  let refused = 0;
  let serial = 0;

  const batch = () => {
    const lines = Array.from({ length: options.linesPerBatch }, () => {
      const agent = `agent_${Math.floor(options.random() ** 2 * options.agents)}`;
      const millis = 1 + Math.floor(options.random() * 20);
      const tool = TOOLS[serial % TOOLS.length] as string;
      serial += 1;
      return {
        id: `e${serial}`,
        agent,
        timestamp: new Date().toISOString(),
        api: tool,
        endpoint: `/${serial}`,
        millis,
      };
    });
    const text = lines.map(({ millis, ...line }) => JSON.stringify({ ...line, cost: `$${millis / 1000}` }));
    return { lines, body: `${text.join("\n")}\nnot json\n`, key: `batch-${serial}` };
  };

  const running = (async () => {
    while (!stopping.signal.aborted) {
      const { lines, body, key } = batch();
      for (let done = false; !done && !stopping.signal.aborted; ) {
        done = await post(options.url(), body, key);
        if (!done) await delay(20);
        if (done) {
          refused += 1;
          for (const { agent, id, millis } of lines) {
            accepted.set(agent, (accepted.get(agent) ?? new Set()).add(id));
            spent.set(agent, (spent.get(agent) ?? 0) + millis);
          }
        }
      }
      await delay(options.pauseMs);
    }
  })();

  return {
    accepted,
    spent,
    refused: () => refused,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

/** Whether it was answered with 200. `key`: its Idempotency-Key. */
export async function post(url: string | undefined, body: string, key?: string): Promise<boolean> {
  if (url === undefined) return false;
  try {
    const answer = await fetch(`${url}/v1/events`, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson", ...(key !== undefined && { "idempotency-key": key }) },
      body,
      signal: AbortSignal.timeout(10_000),
    });
    await answer.arrayBuffer();
    return answer.status === 200;
  } catch {
    return false;
  }
}
