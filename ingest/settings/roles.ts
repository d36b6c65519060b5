/** Which parts of the program a process runs: `watchkeeper up --roles gateway,intake`. */
import { WatchkeeperError } from "../../schemas/errors.ts";
import { suggestion } from "./nearest.ts";

/**
 * `gateway` takes events over HTTP, `intake` those of Kafka's inlet, `store` writes them to ClickHouse and learns,
 * `watch` judges and tells, `web` shows.
 */
export const ROLES = ["gateway", "intake", "store", "watch", "web"] as const;

export type Role = (typeof ROLES)[number];
export type Roles = ReadonlySet<Role>;

/**
 * Reads `--roles`; undefined: all. The embedded log belongs to one process, which runs all of them.
 * @throws WatchkeeperError `invalid_roles` (exit code 2) with the nearest right name.
 */
export function readRoles(text: string | undefined, isKafka: boolean): Roles {
  if (text === undefined) return new Set(ROLES);
  const roles = new Set<Role>();
  for (const name of text.split(",").map((part) => part.trim())) {
    if (name === "") throw invalid(`expected names of ${ROLES.join(", ")}, with commas between them`);
    if (!isRole(name)) throw invalid(`there is no role "${name}"${suggestion(name, ROLES)}`);
    if (roles.has(name)) throw invalid(`"${name}" is named twice`);
    roles.add(name);
  }
  if (!isKafka && roles.size < ROLES.length) {
    throw invalid(
      "some roles alone need KAFKA_BROKERS: with the embedded log one process runs all of them",
      "Set KAFKA_BROKERS to share the work between processes, or leave --roles out.",
    );
  }
  return roles;
}

/** In the order of the data's way, whatever the order they were given in. */
export function rolesText(roles: Roles): string {
  return ROLES.filter((role) => roles.has(role)).join(", ");
}

function isRole(name: string): name is Role {
  return (ROLES as readonly string[]).includes(name);
}

function invalid(message: string, hint?: string): WatchkeeperError {
  return new WatchkeeperError(`--roles: ${message}`, {
    code: "invalid_roles",
    exitCode: 2,
    ...(hint === undefined ? {} : { hint }),
  });
}
