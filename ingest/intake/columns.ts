/** Turns what a producer wrote into what a column holds. The line itself is kept whole; a column is cut. */

/** Characters of a column that names something, and of one that tells something. */
export const NAME_CHARACTERS = 256;
const TEXT_CHARACTERS = 2048;

const SURROGATES = /[\ud800-\udfff]/;
/** With the u flag a pair is one character, so only halves match. */
const LONE_SURROGATES = /\p{Cs}/gu;

/** At most so many UTF-16 units, never with half of a pair: stores and consoles cannot write one. */
export function cut(text: string, limit: number): string {
  const short = text.length > limit ? text.slice(0, limit) : text;
  return SURROGATES.test(short) ? short.replace(LONE_SURROGATES, "\ufffd") : short;
}

/** A name that some write as a number; empty is absent. */
export function nameColumn(value: string | number | null | undefined): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  return cut(String(value), NAME_CHARACTERS);
}

/** A text as it is, anything else as JSON; a list of texts is joined by ", ". Empty is absent. */
export function textColumn(value: unknown): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "string") return cut(value, TEXT_CHARACTERS);
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) {
    return value.length === 0 ? undefined : cut(value.join(", "), TEXT_CHARACTERS);
  }
  return cut(JSON.stringify(value), TEXT_CHARACTERS);
}

/** What went wrong: the text, an object's `message`, else the object. False and an empty text mean nothing did. */
export function errorColumn(
  error: string | boolean | Readonly<Record<string, unknown>> | null | undefined,
): string | undefined {
  if (error === undefined || error === null || error === false || error === "") return undefined;
  if (error === true) return "true";
  if (typeof error === "string") return cut(error, TEXT_CHARACTERS);
  return textColumn(typeof error.message === "string" && error.message !== "" ? error.message : error);
}

/** A count that sums can use; beyond 2^53 it stays in the line only. */
export function countColumn(value: number | null | undefined): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) ? value : undefined;
}
