/** The destinations that the arguments of a call name, at any depth. */

/** Fields of an event that hold arguments. */
const ARGUMENTS = ["details", "arguments", "args", "input", "params", "body"] as const;
const NAMES =
  "to|cc|bcc|send_?to|share_?with|(?:\\w{0,30}_)?(?:recipient|participant|attendee|invitee|payee|beneficiary|destination|e_?mail|url|uri|href|link|host|hostname|domain|webhook|iban|account|phone|wallet|channel)s?(?:_?(?:address|number|url))?|(?:account|channel)_?(?:id|name)";
const RECIPIENT = new RegExp(`^(?:${NAMES})$`, "i");
/** Without it a line names none; an escape may hide a quote of arguments that are a text themselves. */
const HINT = new RegExp(`"(?:${NAMES})\\\\?"`, "i");
const MOST = 8;
const MOST_DEPTH = 6;
/** What is longer is data; the arguments of a call are not looked for in it. */
const LONGEST_LINE = 16_384;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function collect(value: unknown, isNamed: boolean, depth: number, found: string[]): void {
  if (found.length >= MOST || depth > MOST_DEPTH) return;
  if (typeof value === "string") {
    if (isNamed) found.push(value);
    // Some producers write arguments as the model did: a JSON text.
    else if (value.startsWith("{")) collect(parsed(value), false, depth + 1, found);
  } else if (typeof value === "number") {
    if (isNamed) found.push(String(value));
  } else if (Array.isArray(value)) {
    for (const one of value) collect(one, isNamed, depth + 1, found);
  } else if (typeof value === "object" && value !== null) {
    for (const [name, one] of Object.entries(value)) collect(one, RECIPIENT.test(name), depth + 1, found);
  }
}

/** Each once, at most 8, in the order of the line. `raw`: the event as its producer wrote it. */
export function recipientsOf(raw: string): readonly string[] {
  if (raw.length > LONGEST_LINE || !HINT.test(raw)) return [];
  const line = parsed(raw);
  if (typeof line !== "object" || line === null) return [];
  const found: string[] = [];
  for (const field of ARGUMENTS) collect((line as Record<string, unknown>)[field], false, 0, found);
  return [...new Set(found)];
}
