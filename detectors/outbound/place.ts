/** Where a call goes, read from its target, its endpoint or the arguments that name a recipient. */
import type { EventRecord } from "../../schemas/journal.ts";
import { keyOf } from "../evidence/known-things.ts";
import { recipientsOf } from "./recipients.ts";

/** 0: a host, 1: a mailbox, 2: another name (an account, a channel). */
type PlaceForm = 0 | 1 | 2;
const HOST = 0;
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
/** What looks like a host by its dot and is a file. */
const FILE =
  /\.(?:md|txt|csv|json|ya?ml|toml|xml|html?|pdf|docx?|xlsx?|pptx?|png|jpe?g|gif|svg|zip|gz|tar|log|sql|sh|py|rb|rs|go|ts|tsx|js|jsx|java|c|h|cpp|lock|ini|cfg|parquet)$/i;
const NOWHERE: readonly Place[] = [];
const PORT = /^:\d{1,5}$/;
const ADDRESS_6 = /^\[?[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}\]?$/i;

/** Its number among the places that an agent knows. */
export function keyOfPlace({ form, text }: Place): number {
  return keyOf(text, 0, text.length, form + 1);
}

/** Whether a file's name, not a host. */
export function isFileName({ form, text }: Place): boolean {
  return form === HOST && FILE.test(text);
}

/** Letters of any script, digits, "_" and "-" between dots; a port may follow. By hand: it runs on every call. */
function isHostName(text: string): boolean {
  let dots = 0;
  let before = 46;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 58 && dots > 0) return PORT.test(text.slice(index));
    if (code === 46) {
      if (before === 46) return false;
      dots++;
    } else if (
      !(code > 127 || (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57))
    ) {
      if (code !== 45 && code !== 95) return false;
    }
    before = code;
  }
  return dots > 0;
}

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
    return isHostName(first) ? { form: HOST, text: first.split(":")[0] as string } : undefined;
  }
  const at = text.lastIndexOf("@");
  if (at > 0 && text.indexOf(".", at) > 0 && !text.includes(" ")) {
    return { form: MAILBOX, text: text.replace(/^.*<|>.*$/g, "") };
  }
  if (isHostName(text)) {
    const port = text.indexOf(":");
    return { form: HOST, text: port < 0 ? text : text.slice(0, port) };
  }
  if (text.includes(":") && ADDRESS_6.test(text)) return { form: HOST, text };
  return text.length <= MOST_NAME ? { form: NAME, text } : undefined;
}

function some(text: string): readonly Place[] {
  const place = placeIn(text);
  return place === undefined ? NOWHERE : [place];
}

/** Where an event goes; a call of an API whose target is not named goes to that API, which is its tool. */
export function placesOf({ kind, target, endpoint, raw }: EventRecord): readonly Place[] {
  if (kind === "decision") return NOWHERE;
  if (target !== undefined) return some(target);
  if (endpoint?.includes("://") === true) return some(endpoint);
  if (kind !== "action") return NOWHERE;
  const recipients = recipientsOf(raw);
  return recipients.length === 0 ? NOWHERE : recipients.flatMap(some);
}
