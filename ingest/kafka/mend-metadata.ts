/**
 * A repair of kafkajs 2.2.4: when no broker is reached, what is known of the cluster is null, and who asked for it fails
 * with a TypeError, as if this program were broken. It is a connection that may come back.
 */
import { createRequire } from "node:module";
import { WatchkeeperError } from "../../schemas/errors.ts";

interface Cluster {
  metadata(request?: object): Promise<object | null>;
}

const REPAIRED = Symbol.for("watchkeeper.mend-metadata");
const RETRY_AFTER_MS = 1_000;

/** Doing it again changes nothing. */
export function mendMetadata(): void {
  const load = createRequire(import.meta.url);
  const { prototype } = load("kafkajs/src/cluster/index.js") as { prototype: Cluster };
  const { metadata } = prototype;
  if (typeof metadata !== "function" || REPAIRED in metadata) return;
  const mended = async function (this: Cluster, request?: object): Promise<object> {
    const found = await metadata.call(this, request);
    if (found !== null && found !== undefined) return found;
    throw new WatchkeeperError("Kafka: no broker answers.", {
      code: "log_unavailable",
      verdict: "retry",
      retryAfterMs: RETRY_AFTER_MS,
    });
  };
  prototype.metadata = Object.assign(mended, { [REPAIRED]: true });
}
