/** The known name somebody probably meant. */
import { distance } from "fastest-levenshtein";

const bare = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, "");

/** The nearest candidate within a third of the name's length (at least 2 letters); undefined when none is near. */
function nearest(name: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, apart: distance(bare(name.slice(0, 64)), bare(candidate)) }))
    .sort((a, b) => a.apart - b.apart);
  const best = ranked[0];
  return best !== undefined && best.apart <= Math.max(2, Math.floor(name.length / 3)) ? best.candidate : undefined;
}

/**
 * `; did you mean "budgets"?`, or the list of what there is, or nothing. A `prefix` that all of them share says
 * nothing about which one was meant.
 */
export function suggestion(name: string, candidates: readonly string[], prefix = ""): string {
  const near = nearest(
    name.slice(prefix.length),
    candidates.map((candidate) => candidate.slice(prefix.length)),
  );
  if (near !== undefined) return `; did you mean "${prefix}${near}"?`;
  return candidates.length === 0 ? "" : `; known here: ${candidates.join(", ")}`;
}
