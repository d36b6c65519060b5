/** `watchkeeper ship FILE…`: where to, under which token, and from which position. */
import { resolve } from "node:path";
import { readConnection } from "../data-directory/connection-file.ts";
import type { Settings } from "../settings/settings.ts";
import { prepareCheckpointFile } from "./checkpoint-file.ts";
import { titleOf } from "./open-destination.ts";
import { shipFiles } from "./ship.ts";
import type { ShipOptions } from "./ship-options.ts";
import { isLocal, isSameGateway, OWN_GATEWAY, targetOf } from "./target.ts";

export interface ShipCommandOptions {
  readonly to?: string;
  readonly checkpoint?: string;
  readonly backfill?: boolean;
  readonly once?: boolean;
}

export type ShipCommandParts = Pick<ShipOptions, "now" | "sleep" | "signal" | "progress">;

/** Into `--to`, else Kafka, else the `up` that runs on the data directory, else where the environment says one listens. */
export async function ship(
  files: string[],
  options: ShipCommandOptions,
  { environment }: Pick<Settings, "environment">,
  parts: ShipCommandParts,
): Promise<void> {
  const { dataDir, http, kafka } = environment;
  const local = await readConnection(dataDir);
  const here = local?.url ?? `http://${http.host.includes(":") ? `[${http.host}]` : http.host}:${http.port}`;
  const to = options.to ?? kafka ?? here;
  titleOf(to);
  const isOwn = typeof to === "string" && isSameGateway(to, here) && (local !== undefined || isLocal(http.host));
  const target = isOwn ? OWN_GATEWAY : targetOf(to);
  await shipFiles({
    ...{ ...parts, files, to, target },
    token: http.token ?? (isOwn ? local?.token : undefined),
    checkpointFile: resolve(options.checkpoint ?? (await prepareCheckpointFile(files, dataDir, target))),
    backfill: options.backfill === true,
    stopAtEnd: options.once === true,
  });
}
