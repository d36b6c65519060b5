/**
 * Secrets that are known by what stands before them: `password=…`, `"api_key": "…"`, `Authorization: Bearer …`.
 * A name alone is not enough: "password: must be long" and "pwd=/home" are no secrets.
 */

/** The source of a pattern in any case; it may hold no letters in classes or escapes. */
export function anyCase(source: string): string {
  return source.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
}

/** Names whose value is a secret whatever it looks like. */
const STRONG = anyCase(
  "(?:passw(?:or)?d|passphrase|pwd|secret(?:[_-]?(?:access[_-]?)?key)?|" +
    "(?:api|access|private|signing|encryption|account|auth)[_-]?key)",
);

/** Names whose value is a secret only when it looks like one. Page tokens and the like are not meant. */
const WEAK = `(?:${anyCase("authorization|(?:access|refresh|auth|id|session|bot|api|security)")}[_-]?${anyCase("token")}|${anyCase("authorization")}|(?<!${anyCase("page|next|sync|cursor|resume|continuation")})[_-]${anyCase("token")}|(?<![A-Za-z0-9_-])${anyCase("token")})`;

const SCHEME = anyCase("(?:bearer|basic|token|digest)");
const SEPARATOR = `["'\\\\]{0,8}\\s{0,4}(?:=>|:=|[:=])\\s{0,4}`;
const DOUBLE_QUOTED = `\\\\{0,3}"(?:[^"\\\\]|\\\\(?!")){1,512}`;
const SINGLE_QUOTED = `\\\\{0,3}'(?:[^'\\\\]|\\\\(?!')){1,512}`;
const PLAIN = `<[^<>]{1,64}>|(?:${SCHEME}\\s{1,4})?[^\\s"'\`\\\\&;,]{1,512}`;

/** Groups `name`, `separator` and `assigned` (with its opening quote and scheme). */
export const ASSIGNMENT = `(?<name>${STRONG}|${WEAK})(?<separator>${SEPARATOR})(?<assigned>${DOUBLE_QUOTED}|${SINGLE_QUOTED}|${PLAIN})`;

/** White space as a raw line has it: itself, or escaped. */
export const RAW_SPACE = "(?:\\s|\\\\{1,4}(?:[nrtf]|u[0-9A-Fa-f]{4}))";

/** What an assignment looks like in a raw line, whatever its value. */
export const ASSIGNMENT_HINT = `(?:${STRONG}|${anyCase("token|authorization")})${SEPARATOR.replace("{0,8}", "{0,16}").replaceAll("\\s", RAW_SPACE)}`;

/** Splits what was assigned: opening quote, scheme, value. */
export const ASSIGNED_PARTS = new RegExp(`^(\\\\{0,3}["']?)(${SCHEME}\\s{1,4})?([^]*)$`);

const STRONG_NAME = new RegExp(`${STRONG}$`);
const ANY_NAME = new RegExp(`(?:${STRONG}|${WEAK})$`);
const PLACEHOLDER =
  /^(?:[*•]{1,64}|[x.]{3,64}|<[^>]{0,256}>|\$\{[^}]{0,256}\}|\{\{[^}]{0,256}\}\}|\[redacted:[a-z_]{1,32}\]|%s|\$[A-Z][A-Z0-9_]{1,64})$/;
const WORD =
  /^(?:null|none|nil|true|false|undefined|required|missing|invalid|expired|empty|unset|changed|redacted|hidden)[.,!]?$/i;
const CODE = /^(?:os|process|env|config|self|settings|args|this|getpass|input)[.([]/;

/** Whether it only stands for a secret: `***`, `${PASSWORD}`, `<password>`, or is what a redaction left. */
export function isPlaceholder(value: string): boolean {
  return PLACEHOLDER.test(value);
}

/** Whether a JSON key announces a secret. */
export function isSecretName(key: string): boolean {
  return ANY_NAME.test(key.length > 128 ? key.slice(-128) : key);
}

/** The kind that a secret of this name is counted as. */
export function kindOfName(name: string): string {
  const lower = name.toLowerCase();
  if (/passw|passphrase|pwd/.test(lower)) return "password";
  if (lower.endsWith("authorization")) return "authorization";
  return lower.endsWith("token") ? "token" : "secret";
}

/** `quoted`: the value stands alone (a JSON value, or in quotes); `colon`: it follows ": " in running text. */
export function isSecretValue(name: string, value: string, form: "quoted" | "plain" | "colon"): boolean {
  if (value.length < 4 || isPlaceholder(value) || WORD.test(value) || CODE.test(value)) return false;
  if (/[pP][wW][dD]$/.test(name) && /^(?:[/~.]|[A-Za-z]:\\)/.test(value)) return false;
  if (!STRONG_NAME.test(name)) return value.length >= 12 && /\d/.test(value) && !/\s/.test(value);
  return form !== "colon" || /[^A-Za-z.,!?'’()-]/.test(value);
}
