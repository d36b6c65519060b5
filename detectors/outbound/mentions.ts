/** Which destinations a text mentions: what a run was asked for, and what it read. */
import type { EventRecord } from "../../schemas/journal.ts";
import { valuesOf } from "../text/line-fields.ts";
import { keyOfPlace, placeIn } from "./place.ts";

/** Mailboxes, addresses of the web, and accounts. */
const MENTION =
  /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+|(?:https?:\/\/|www\.)[^\s"'\\<>()[\]]{3,200}|\b[A-Z]{2}\d{2}[A-Z0-9]{10,30}\b|\b\d{6,20}\b/g;
/** Fields that say what came of a call. */
const OUTCOMES = ["result", "output", "response", "observation", "content"] as const;
const HINT = new RegExp(`"(?:${OUTCOMES.join("|")})"\\s{0,4}:`);
const MOST = 24;
const LONGEST_LINE = 65_536;
const NONE: readonly number[] = [];

/** Keys of the first 24 destinations in a text, as `keyOfPlace` makes them. */
export function mentionsIn(text: string): readonly number[] {
  const keys = new Set<number>();
  for (const [found] of text.matchAll(MENTION)) {
    const place = placeIn(found.replace(/[.,;:!?]+$/, ""));
    if (place !== undefined) keys.add(keyOfPlace(place));
    if (keys.size >= MOST) break;
  }
  return keys.size === 0 ? NONE : [...keys];
}

/** Those in what came of a call, where its event says so. */
export function mentionsInOutcome({ raw }: EventRecord): readonly number[] {
  if (raw.length > LONGEST_LINE || !HINT.test(raw)) return NONE;
  const values = valuesOf(raw, OUTCOMES).map((value) => JSON.stringify(value));
  return mentionsIn(values.join(" "));
}

/** Both, the newest at the end, at most 24. */
export function joined(before: readonly number[], more: readonly number[]): readonly number[] {
  return more.length === 0 ? before : [...new Set([...before, ...more])].slice(-MOST);
}
