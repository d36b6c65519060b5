import type { Role } from "../settings/roles.ts";
import { refusal } from "./http-error.ts";

/** The answer on a path that another role serves, on a process that does not run it: 404, code `role_not_here`. */
export function roleNotHere(role: Role): () => Promise<never> {
  return async () => {
    throw refusal("role_not_here", `This process does not run the role "${role}"; ask one that does.`);
  };
}
