/** Where a call goes, read from its target, its endpoint or the arguments that name a recipient. */
import type { EventRecord } from "../../schemas/journal.ts";

/** 0: a host, 1: a mailbox, 2: another name (an account, a channel). */
export type PlaceForm = 0 | 1 | 2;
export const HOST = 0;
export const MAILBOX = 1;
export const NAME = 2;

export interface Place {
  readonly form: PlaceForm;
  /** The host, the mailbox or the name. */
  readonly text: string;
}

/** Longer texts are data and no destination. */
const MOST_CHARACTERS = 400;
const MOST_NAME = 80;
/** Arguments that name a destination, in details, input or arguments. */
const RECIPIENT =
  /"(?:to|recipients?|email|url|uri|host(?:name)?|domain|destination|iban|account|channel|webhook(?:_url)?|participants?)"\s{0,4}:\s{0,4}\[?\s{0,4}"((?:[^"\\]|\\.){1,200})"/i;
/** What looks like a host by its dot and is a file. */
const FILE =
  /\.(?:md|txt|csv|json|ya?ml|toml|xml|html?|pdf|docx?|xlsx?|pptx?|png|jpe?g|gif|svg|zip|gz|tar|log|sql|sh|py|rb|rs|go|ts|tsx|js|jsx|java|c|h|cpp|lock|ini|cfg|parquet)$/i;
const HOST_NAME = /^[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)+\.?(?::\d{1,5})?$/u;
const ADDRESS_6 = /^\[?[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}\]?$/i;

/** The host of a URL from its "://" on: without user, port and brackets. */
function hostOf(text: string, scheme: number): Place | undefined {
  let end = scheme + 3;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    // "/", "?", "#", "\" end the authority.
    if (code === 47 || code === 63 || code === 35 || code === 92) break;
  }
  const user = text.lastIndexOf("@", end - 1);
  const from = user > scheme ? user + 1 : scheme + 3;
  const bracket = text.indexOf("]", from);
  const port = text.indexOf(":", bracket >= 0 && bracket < end ? bracket : from);
  const host = text.slice(from, port >= 0 && port < end ? port : end);
  return host === "" ? undefined : { form: HOST, text: host };
}

/** The destination that a text names; undefined: none (a path, a file, a text). */
export function placeIn(text: string): Place | undefined {
  if (text.length === 0 || text.length > MOST_CHARACTERS) return undefined;
  const scheme = text.indexOf("://");
  if (scheme > 0 && scheme < 12) return hostOf(text, scheme);
  if (text.includes("/") || text.includes("\\")) {
    const first = text.slice(0, Math.max(0, text.indexOf("/")));
    return first.includes(".") && HOST_NAME.test(first)
      ? { form: HOST, text: first.split(":")[0] as string }
      : undefined;
  }
  const at = text.lastIndexOf("@");
  if (at > 0 && text.indexOf(".", at) > 0 && !text.includes(" ")) {
    return { form: MAILBOX, text: text.replace(/^.*<|>.*$/g, "") };
  }
  if (ADDRESS_6.test(text)) return { form: HOST, text };
  if (text.includes(".") && HOST_NAME.test(text)) {
    return FILE.test(text) ? undefined : { form: HOST, text: text.split(":")[0] as string };
  }
  return text.length <= MOST_NAME ? { form: NAME, text } : undefined;
}

function recipientOf(raw: string): string | undefined {
  const match = RECIPIENT.exec(raw.length > 4096 ? raw.slice(0, 4096) : raw);
  return match?.[1];
}

/** Where an event goes; a call of an API whose target is not named goes to that API, which is its tool. */
export function placeOf({ kind, target, endpoint, raw }: EventRecord): Place | undefined {
  if (kind === "decision") return undefined;
  if (target !== undefined) return placeIn(target);
  if (endpoint?.includes("://") === true) return placeIn(endpoint);
  if (kind !== "action") return undefined;
  const recipient = recipientOf(raw);
  return recipient === undefined ? undefined : placeIn(recipient);
}
