/** `watchkeeper deadletters replay`: which letters, and what came of each. */
import { WatchkeeperError } from "../schemas/errors.ts";
import type { Ask, TextOut } from "./ask.ts";
import { type DeadLetterFilter, outcomeText, readDeadLetters, type StoredLetter } from "./dead-letters.ts";

/** Whether the store has an event of this identity. */
export type IsStored = (agent: string, id: string) => Promise<boolean>;

/** Brings one letter back, or says why not. */
type ReplayLetter = (letter: StoredLetter) => Promise<{
  readonly kind: "accepted" | "there" | "refused" | "impossible";
  readonly why: string;
}>;

export interface ReplayCommandOptions {
  readonly ids: readonly string[];
  readonly chosen: Pick<DeadLetterFilter, "since" | "source">;
  readonly ask: Ask;
  readonly openReplay: (isStored: IsStored) => Promise<ReplayLetter>;
  readonly out: TextOut;
  /** Unix ms. */
  readonly now: number;
}

/** Refuses (exit code 2) to bring everything back unasked. */
export function mustChoose(ids: readonly string[], { since, source }: ReplayCommandOptions["chosen"]): void {
  if (ids.length > 0 || since !== undefined || source !== undefined) return;
  throw new WatchkeeperError("Name letters by id, --source or --since.", {
    code: "no_letters",
    hint: "`watchkeeper deadletters list` shows ids and sources.",
    exitCode: 2,
  });
}

/** Oldest first. Resolves true when all that were chosen are back. */
export async function replayDeadLetters(options: ReplayCommandOptions): Promise<boolean> {
  const { ids, chosen, ask, out, now } = options;
  const replay = await options.openReplay(async (agent, id) => {
    const sql = "SELECT e.id AS id FROM events AS e WHERE e.id = {id:String} AND e.agent = {agent:String} LIMIT 1";
    for await (const _row of ask(sql, { id, agent })) return true;
    return false;
  });
  const missing = new Set(ids);
  let failed = 0;
  let found = 0;
  const filter = ids.length === 0 ? chosen : { ...chosen, ids };
  for await (const letter of readDeadLetters({ ...filter, order: "oldest first", ask, now })) {
    found += 1;
    missing.delete(letter.id);
    const { kind, why } = await replay(letter);
    if (kind === "refused" || kind === "impossible") failed += 1;
    await out.write(outcomeText(letter.id, kind, why));
  }
  for (const id of missing) await out.write(outcomeText(id, "unknown", "there is no such letter"));
  if (found + missing.size === 0) await out.write("No dead letters.\n");
  return failed === 0 && missing.size === 0;
}
