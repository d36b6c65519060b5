/** Text of an agent made fit to show: one line of visible characters, whatever it held. */
import { stripVTControlCharacters } from "node:util";

/** Control, format (bidi, zero width, tags), private use, unpaired surrogates, line and paragraph separators. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]+/gu;
const PILED_MARKS = /(\p{M}{2})\p{M}+/gu;

/** Without terminal sequences, control and direction characters and line breaks, at most `max` characters. */
export function plain(text: string, max: number): string {
  // Far more than is shown is never looked at: a long field must not cost time.
  const near = stripVTControlCharacters(text.slice(0, max * 4 + 256));
  const line = near.replace(INVISIBLE, " ").replace(PILED_MARKS, "$1").replace(/\s+/gu, " ").trim();
  const characters = [...line];
  return characters.length <= max ? line : `${characters.slice(0, max - 1).join("")}…`;
}
