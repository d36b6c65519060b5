/** How the recorder's lines travel: to a gateway, or to Kafka. */
import { DEFAULT_HOST, DEFAULT_PORT } from "../gateway/defaults.ts";
import { postLines } from "./post.ts";
import type { RecorderOptions } from "./types.ts";

export type PostOutcome =
  /** Answered with 200, or acknowledged. `rejected`: why, for each line that was refused. */
  | { readonly kind: "taken"; readonly accepted: number; readonly rejected: readonly string[] }
  /** Worth trying again after this long (ms); `Retry-After` where the gateway said so. */
  | { readonly kind: "later"; readonly afterMs: number | undefined; readonly error: Error }
  /** Over what one post may hold. */
  | { readonly kind: "tooLarge" }
  /** The same post will never be taken. */
  | { readonly kind: "refused"; readonly error: Error };

export interface Transport {
  /** One call at a time. Never rejects. Every line has an id, so the same lines again count once. */
  post(lines: readonly string[]): Promise<PostOutcome>;
  /** Never rejects. */
  close(): Promise<void>;
}

type Environment = NonNullable<RecorderOptions["environment"]>;

const said = (value: string | undefined): string | undefined => (value?.trim() === "" ? undefined : value?.trim());

/** Where the gateway of this machine listens; one that listens everywhere also does on loopback. */
function localUrl({ WATCHKEEPER_HTTP_HOST, WATCHKEEPER_HTTP_PORT }: Environment): string {
  const host = said(WATCHKEEPER_HTTP_HOST) ?? DEFAULT_HOST;
  const reached = host === "0.0.0.0" || host === "::" ? DEFAULT_HOST : host;
  return `http://${reached.includes(":") ? `[${reached}]` : reached}:${said(WATCHKEEPER_HTTP_PORT) ?? DEFAULT_PORT}`;
}

/** `kafka` before `url`, `url` before KAFKA_BROKERS, then the gateway of this machine. Connects at the first post. */
export function transportOf(options: RecorderOptions): Transport {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const environment = options.environment ?? globalThis.process?.env ?? {};
  const isNamed = options.url === undefined && (environment.KAFKA_BROKERS ?? "").trim() !== "";
  if (options.kafka !== undefined || isNamed) {
    return loadedLater(async () => {
      const { createProduceLines } = await import("./produce.ts");
      return createProduceLines({ agent: options.agent, kafka: options.kafka, environment, timeoutMs });
    });
  }
  const target = {
    url: options.url ?? localUrl(environment),
    // A token of this machine's gateway is for no other.
    token: options.token ?? (options.url === undefined ? said(environment.WATCHKEEPER_HTTP_TOKEN) : undefined),
    timeoutMs,
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
  } satisfies Parameters<typeof postLines>[1];
  return { post: (lines) => postLines(lines, target), close: () => Promise.resolve() };
}

/** An agent that speaks to a gateway never loads the Kafka client; what fails while loading is tried again. */
function loadedLater(load: () => Promise<Transport>): Transport {
  let loaded: Transport | undefined;
  return {
    async post(lines) {
      try {
        loaded ??= await load();
      } catch (error) {
        return { kind: "later", afterMs: undefined, error: error instanceof Error ? error : new Error(String(error)) };
      }
      return loaded.post(lines);
    },
    close: async () => loaded?.close(),
  };
}
