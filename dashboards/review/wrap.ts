/** Lays parts out over lines, joined by dots; a part that does not fit begins a new line under the first. */
import { columnsOf, cut } from "../plain-text.ts";

const JOINT = " · ";

/** Lines of at most so many columns; the first begins with `lead`, the others with as many spaces. */
export function wrapParts(lead: string, parts: readonly string[], columns: number): string[] {
  const indent = " ".repeat(columnsOf(lead));
  const lines: string[] = [];
  let line = lead;
  for (const part of parts) {
    const isFirst = line === lead || line === indent;
    const longer = isFirst ? line + part : line + JOINT + part;
    if (isFirst || columnsOf(longer) <= columns) {
      line = longer;
    } else {
      lines.push(line);
      line = indent + part;
    }
  }
  return [...lines, line].map((each) => cut(each, columns));
}
