/** Lists of names as somebody wrote them; a `*` stands for any run of characters, case does not matter. */
import { matchesWildcard } from "../budget/wildcard.ts";

export interface Patterns {
  /** The pattern that a name falls under, as it was written; undefined: none. */
  find(name: string): string | undefined;
}

/** Plain names are looked up, only patterns with a `*` are tried one by one. */
export function patternsOf(written: readonly string[]): Patterns {
  const exact = new Map<string, string>();
  const wild: (readonly [pattern: string, written: string])[] = [];
  for (const pattern of written) {
    const lower = pattern.toLowerCase();
    if (lower.includes("*")) wild.push([lower, pattern]);
    else if (!exact.has(lower)) exact.set(lower, pattern);
  }
  return {
    find(name) {
      const lower = name.toLowerCase();
      return exact.get(lower) ?? wild.find(([pattern]) => matchesWildcard(pattern, lower))?.[1];
    },
  };
}
