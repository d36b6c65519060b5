/** Text of events as Slack's mrkdwn: data, never markup. */
import { plain } from "./plain-text.ts";

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
/** Look-alikes of what Slack reads as formatting. */
const LOOKALIKES: Record<string, string> = { "*": "∗", "~": "∼", "`": "'", _: "＿" };
const ZERO_WIDTH_SPACE = String.fromCodePoint(0x200b);

/**
 * Escaped text of at most `max` characters before escaping: cannot mention, link, quote, format or show an emoji. An
 * underscore within a word stays, because there Slack reads it as it is.
 */
export function mrkdwn(text: string, max: number): string {
  return plain(text, max)
    .replace(/^>+/u, "›")
    .replace(/@(?=here|channel|everyone|group)/giu, `@${ZERO_WIDTH_SPACE}`)
    .replace(/:(?=[\p{N}_+'-]*[\p{L}\p{M}_+'-][\p{L}\p{M}\p{N}_+'-]*:)|(?<!\p{N}):(?=\p{N}+:)/gu, "∶")
    .replace(/[*~`]|(?<![\p{L}\p{N}_])_+|_+(?![\p{L}\p{N}_])/gu, (found) =>
      [...found].map((character) => LOOKALIKES[character] ?? character).join(""),
    )
    .replace(/[&<>]/gu, (character) => ENTITIES[character] ?? character);
}

/** The same as a code span: what is inside is shown as it is. */
export function code(text: string, max: number): string {
  const inside = plain(text, max)
    .replaceAll("`", "'")
    .replace(/[&<>]/gu, (character) => ENTITIES[character] ?? character);
  return inside === "" ? "" : `\`${inside}\``;
}

/** Lines packed into texts of at most `max`; a line that is longer than that by itself is left out whole. */
export function packLines(lines: readonly string[], max: number): readonly string[] {
  const packed: string[] = [];
  for (const line of lines) {
    if (line === "" || line.length > max) continue;
    const last = packed.at(-1);
    if (last === undefined || last.length + 1 + line.length > max) packed.push(line);
    else packed[packed.length - 1] = `${last}\n${line}`;
  }
  return packed;
}
