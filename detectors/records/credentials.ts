/** The names of the credentials that an agent uses. */
import type { Few } from "../runner/few.ts";

/** An agent that names more of them makes them up, or one for each task: none of them is news. */
const MOST = 8;
const NAME_LENGTH = 64;
/** So many events name a new one before it is told. */
const TOLD_FROM = 3;

/** By name: in how many events it was used, up to the third. At most 8 names of 64 characters. */
export type Credentials = Few<string, number>;

/** Counts a use; true where an agent that was known without it uses it for the third time. */
export function isNewCredential(known: Credentials, credential: string, isKnown: boolean): boolean {
  const name = credential.slice(0, NAME_LENGTH);
  const uses = known.get(name);
  if (uses !== undefined && uses >= TOLD_FROM) return false;
  if (uses === undefined && known.size >= MOST) return false;
  known.set(name, isKnown ? (uses ?? 0) + 1 : TOLD_FROM);
  return isKnown && (uses ?? 0) + 1 === TOLD_FROM && known.size > 1 && known.size < MOST;
}
