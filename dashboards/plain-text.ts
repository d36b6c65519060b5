/** Text of agents on its way to a terminal: data, never commands. */
import { stripVTControlCharacters } from "node:util";

/** Controls, direction marks, zero-width and tag characters, lone surrogates. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Text without anything a terminal obeys or a reader cannot see; white space of any kind becomes one space. */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replace(/\s+/gu, " ").replace(UNSEEN, "").trim();
}

/** The same text with what a terminal would obey made visible (`\u001b`): for formats that must lose nothing. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (character) =>
    character === "\n" || character === "\t"
      ? character
      : [...character].map((c) => `\\u${(c.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`).join(""),
  );
}

/** Columns that a terminal needs: wide scripts and emoji take two. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += isWide(character.codePointAt(0) ?? 0) ? 2 : 1;
  return columns;
}

/** At most so many columns, with an ellipsis where something was cut. */
export function cut(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let kept = "";
  let used = 1;
  for (const character of text) {
    used += columnsOf(character);
    if (used > columns) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Cut or filled with spaces to exactly so many columns. */
export function pad(text: string, columns: number): string {
  const short = cut(text, columns);
  return short + " ".repeat(columns - columnsOf(short));
}

function isWide(code: number): boolean {
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  );
}
