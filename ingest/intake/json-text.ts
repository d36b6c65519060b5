/** Looks at JSON as text, without parsing it: what a parser would throw away, or would fail on. */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** What one pass over a line's bytes tells. */
export interface LineScan {
  /** Deepest nesting of arrays and objects. */
  readonly depth: number;
  /** Colons outside of strings: the number of members, where the line is valid JSON. */
  readonly colons: number;
  /** Only ASCII bytes. */
  readonly ascii: boolean;
  /** Holds an escape (\u0020 to \u007f, or \/) that can hide a letter from a search of the text. */
  readonly hidden: boolean;
}

/** Scans a line before it is parsed, so that deep nesting is refused before it costs a stack. */
export function scanLine(bytes: Buffer): LineScan {
  let open = 0;
  let depth = 0;
  let colons = 0;
  let seen = 0;
  let hidden = false;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i] as number;
    seen |= byte;
    if (byte === QUOTE) {
      for (i += 1; i < bytes.length; i += 1) {
        const inner = bytes[i] as number;
        seen |= inner;
        if (inner === QUOTE) break;
        if (inner === BACKSLASH) {
          i += 1;
          seen |= bytes[i] ?? 0;
          if (bytes[i] === 0x2f || (bytes[i] === 0x75 && isAsciiEscape(bytes, i))) hidden = true;
        }
      }
    } else if (byte === 0x3a) colons += 1;
    else if (byte === 0x7b || byte === 0x5b) {
      open += 1;
      if (open > depth) depth = open;
    } else if (byte === 0x7d || byte === 0x5d) open -= 1;
  }
  return { depth, colons, ascii: seen < 0x80, hidden };
}

/** `at` is the u of \u00XX. */
function isAsciiEscape(bytes: Buffer, at: number): boolean {
  const tens = bytes[at + 3] ?? 0;
  return bytes[at + 1] === 0x30 && bytes[at + 2] === 0x30 && tens >= 0x32 && tens <= 0x37;
}

/** Index of the quote that closes the string opened at `at`; -1 when none does. */
export function closingQuote(text: string, at: number): number {
  let end = text.indexOf('"', at + 1);
  for (; end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return end;
  }
  return -1;
}

/** The value of the string between two quotes. */
export function decodeString(text: string, at: number, end: number): string {
  const inner = text.slice(at + 1, end);
  return inner.includes("\\") ? (JSON.parse(text.slice(at, end + 1)) as string) : inner;
}

/** Whether the next character that is no white space is a colon: the string before it is a key. */
export function followsColon(text: string, from: number): boolean {
  let i = from;
  while (text.charCodeAt(i) <= 0x20) i += 1;
  return text[i] === ":";
}

/** A member as it stands in the text. */
interface Member {
  readonly key: string;
  /** Where its value begins. */
  readonly value: number;
}

/** The members of each object of a valid JSON text, outermost last. */
function* membersByObject(text: string): Generator<readonly Member[]> {
  const open: Member[][] = [];
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i];
    if (char === "{" || char === "[") open.push([]);
    else if (char === "}" || char === "]") yield open.pop() ?? [];
    else if (char === '"') {
      const end = closingQuote(text, i);
      if (followsColon(text, end + 1)) {
        let value = text.indexOf(":", end) + 1;
        while (text.charCodeAt(value) <= 0x20) value += 1;
        open.at(-1)?.push({ key: decodeString(text, i, end), value });
      }
      i = end;
    }
  }
}

/** A key that occurs twice in one object of a valid JSON text. */
export function findDuplicateKey(text: string): string | undefined {
  for (const members of membersByObject(text)) {
    const keys = new Set<string>();
    for (const { key } of members) {
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}

/** The digits of a whole number in a member of the outermost object, exact where a double is not. */
export function wholeNumberText(text: string, key: string): string | undefined {
  let outermost: readonly Member[] = [];
  for (const members of membersByObject(text)) outermost = members;
  const member = outermost.find((one) => one.key === key);
  return member === undefined
    ? undefined
    : /^-?\d{1,256}(?![\d.eE])/.exec(text.slice(member.value, member.value + 258))?.[0];
}
