/**
 * Takes secrets out of lines. A clean line costs one pass of one expression; only on a hit, or where JSON escapes
 * could hide a letter, are the strings of the line decoded and searched one by one. What stands outside of strings
 * is never touched, so valid JSON stays valid, and numbers, order and spacing stay as they were.
 */
import { closingQuote, decodeString, followsColon } from "../json-text.ts";
import {
  ASSIGNED_PARTS,
  ASSIGNMENT,
  ASSIGNMENT_HINT,
  anyCase,
  isPlaceholder,
  isSecretName,
  isSecretValue,
  kindOfName,
  RAW_SPACE,
} from "./named-secrets.ts";
import { EDGE, TOKEN_RULES } from "./rules.ts";

/** Mutable counts by kind, filled in by the redactor. */
export type Tally = Record<string, number>;

export interface Redactor {
  /** A valid JSON text; `hidden` says that escapes may hide letters (see `scanLine`). */
  json(text: string, hidden: boolean, tally: Tally): string;
  /** Any text, JSON or not, whole or cut off. */
  text(text: string, tally: Tally): string;
}

type Groups = Readonly<Record<string, string | undefined>>;

const DSN = "(?<dsn>:\\/\\/[^\\s:@\\/]{0,128}:)(?<dsn_secret>[^\\s\"'<>\\/?#]{1,256})(?=@)";
const BEARER = `(?<bearer>${EDGE}${anyCase("bearer")}\\s{1,4})(?<bearer_secret>[A-Za-z0-9._~+/=-]{12,4096})`;
const BASIC = `(?<basic>${EDGE}${anyCase("basic")}\\s{1,4})(?<basic_secret>[A-Za-z0-9+/]{8,1024}={0,2})`;
const CONTEXT_HINTS = [
  ASSIGNMENT_HINT,
  ':\\/\\/[^\\s:@\\/"]{0,128}:[^\\s"\'<>\\/?#]{1,256}@',
  `(?:${anyCase("bearer")}|${anyCase("basic")})${RAW_SPACE}{1,4}[A-Za-z0-9._~+/=-]{8}`,
];
/** An escaped ASCII letter, digit or sign, or an escaped slash. */
const HIDING_ESCAPE = /\\u00([2-7][0-9a-fA-F])|\\(\/)/g;
const ONLY_REDACTED = /^\[redacted:[a-z_]{1,32}\]$/;

function isBasicCredentials(base64: string): boolean {
  return /^[\x20-\x7e]{1,}:[\x20-\x7e]{0,}$/.test(Buffer.from(base64.slice(0, 512), "base64").toString("latin1"));
}

function isBearerToken(token: string): boolean {
  return /\d/.test(token) || (token.length >= 20 && /[a-z][A-Z]/.test(token));
}

export function createRedactor(): Redactor {
  // Four expressions with a few first letters each are a third faster than one alternation of them all.
  const hints = [TOKEN_RULES.map((rule) => rule.hint).join("|"), ...CONTEXT_HINTS].map((hint) => new RegExp(hint));
  const isSuspect = (text: string): boolean => hints.some((hint) => hint.test(text));
  const alternation = new RegExp(
    [...TOKEN_RULES.map((rule) => `(?<${rule.kind}>${rule.pattern})`), DSN, ASSIGNMENT, BEARER, BASIC].join("|"),
    "g",
  );

  /** What stands in place of a value that is a secret as a whole; by its own kind when it has one. */
  function mask(value: string, kind: string, tally: Tally): string {
    const own: Tally = {};
    const masked = apply(value, own);
    if (ONLY_REDACTED.test(masked)) {
      for (const name of Object.keys(own)) tally[name] = (tally[name] ?? 0) + 1;
      return masked;
    }
    tally[kind] = (tally[kind] ?? 0) + 1;
    return `[redacted:${kind}]`;
  }

  function replace(match: string, groups: Groups, tally: Tally): string {
    const { dsn, name, separator, assigned, bearer, bearer_secret, basic, basic_secret } = groups;
    if (dsn !== undefined) {
      const secret = groups.dsn_secret ?? "";
      return dsn + (isPlaceholder(secret) ? secret : mask(secret, "connection_string", tally));
    }
    if (name !== undefined) {
      const [, quote = "", scheme = "", value = ""] = ASSIGNED_PARTS.exec(assigned ?? "") ?? [];
      const form = quote !== "" ? "quoted" : /:\s/.test(separator ?? "") ? "colon" : "plain";
      const isSecret = scheme !== "" ? value.length >= 6 : isSecretValue(name, value, form);
      return (
        name + separator + quote + scheme + (isSecret ? mask(value, kindOfName(name), tally) : apply(value, tally))
      );
    }
    if (bearer !== undefined && bearer_secret !== undefined) {
      return bearer + (isBearerToken(bearer_secret) ? mask(bearer_secret, "bearer_token", tally) : bearer_secret);
    }
    if (basic !== undefined && basic_secret !== undefined) {
      return basic + (isBasicCredentials(basic_secret) ? mask(basic_secret, "basic_credentials", tally) : basic_secret);
    }
    const rule = TOKEN_RULES.find(({ kind }) => groups[kind] !== undefined);
    if (rule === undefined) return match;
    tally[rule.kind] = (tally[rule.kind] ?? 0) + 1;
    return `[redacted:${rule.kind}]`;
  }

  function apply(text: string, tally: Tally): string {
    return text.replace(alternation, (match, ...rest) => replace(match, rest.at(-1) as Groups, tally));
  }

  function jsonStrings(text: string, tally: Tally): string {
    let out = "";
    let copied = 0;
    let key = "";
    let after = 0;
    for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', after)) {
      const end = closingQuote(text, at);
      if (end < 0) break;
      if (text.slice(after, at).includes("}")) key = "";
      const value = decodeString(text, at, end);
      const isKey = followsColon(text, end + 1);
      const secretByName =
        !isKey &&
        key !== "" &&
        isSecretValue(key, value.replace(/^(?:bearer|basic|token|digest)\s{1,4}/i, ""), "quoted");
      const redacted = secretByName ? mask(value, kindOfName(key), tally) : apply(value, tally);
      if (isKey) key = isSecretName(value) ? value : "";
      if (redacted !== value) {
        out += text.slice(copied, at) + JSON.stringify(redacted);
        copied = end + 1;
      }
      after = end + 1;
    }
    return copied === 0 ? text : out + text.slice(copied);
  }

  return {
    json: (text, hidden, tally) => (hidden || isSuspect(text) ? jsonStrings(text, tally) : text),
    text(text, tally) {
      const shown = text
        .replace(HIDING_ESCAPE, (_, hex: string | undefined) =>
          hex ? String.fromCharCode(Number.parseInt(hex, 16)) : "/",
        )
        .replaceAll("\0", "");
      // Only when it uncovers something is the unescaped form what is kept: else the bytes stay as they came.
      if (shown !== text && isSuspect(shown)) {
        const own: Tally = {};
        const redacted = apply(shown, own);
        if (redacted !== shown) return Object.assign(tally, own) && redacted;
      }
      return isSuspect(text) ? apply(text, tally) : text;
    },
  };
}
