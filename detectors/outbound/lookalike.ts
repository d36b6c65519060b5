/** Whether a name is made to be taken for another one. */
import { distance } from "fastest-levenshtein";

/** Shorter names are alike by accident. */
const SHORTEST = 4;
/** From this length on two edits are still a likeness, below it one. */
const LONG = 9;
/** Letters of other scripts, digits and pairs that are read as a Latin letter (after Unicode's confusables). */
const READ_AS: readonly (readonly [RegExp, string])[] = [
  [/rn/g, "m"],
  [/vv/g, "w"],
  [/[0οо]/g, "o"],
  [/[1|ıіӏ!]/g, "l"],
  [/3/g, "e"],
  [/5/g, "s"],
  [/[аα]/g, "a"],
  [/[сϲ]/g, "c"],
  [/[еε]/g, "e"],
  [/[рρ]/g, "p"],
  [/[хχ]/g, "x"],
  [/[уγ]/g, "y"],
  [/[нһ]/g, "h"],
  [/[кκ]/g, "k"],
];

/** As a hurried eye reads it: without accents, look-alike letters made one. */
export function skeletonOf(name: string): string {
  let text = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  for (const [shape, letter] of READ_AS) text = text.replace(shape, letter);
  return text;
}

const withoutNumber = (name: string): string => name.replace(/[-_]?\d+/g, "");

/**
 * The known name that `name` looks like; undefined: none. Names are the part of a domain before its public suffix.
 * The same name is no likeness, nor are names of a series that differ in a number only.
 */
export function likenessOf(name: string, known: readonly string[]): string | undefined {
  const own = skeletonOf(name);
  const words = name.split(/[-_]/);
  for (const other of known) {
    if (other.length < SHORTEST || other === name) continue;
    if (withoutNumber(other) === withoutNumber(name) && withoutNumber(name) !== other) continue;
    if (own === skeletonOf(other)) return other;
    if (words.length > 1 && words.some((word) => word === other || skeletonOf(word) === skeletonOf(other)))
      return other;
    const edits = other.length >= LONG ? 2 : 1;
    if (Math.abs(name.length - other.length) <= edits && withoutNumber(name) !== withoutNumber(other)) {
      if (distance(name, other) <= edits && name.length > SHORTEST) return other;
    }
  }
  return undefined;
}
