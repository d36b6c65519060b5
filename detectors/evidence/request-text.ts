/** What a run was asked for: the words of its first event. */
import type { EventRecord } from "../../schemas/journal.ts";
import { valuesOf } from "../text/line-fields.ts";
import { keyOf } from "./known-things.ts";

/** Fields, beside `trigger`, that hold a request, at the top of a line or in `details`. */
const REQUESTS = ["decision", "reasoning", "prompt", "request", "task", "instruction", "instructions", "goal"] as const;
const HINT = new RegExp(`"(?:${REQUESTS.join("|")})"`);
/** What follows is not read. */
const MOST_CHARACTERS = 4000;
/** Words of a text that stand for all of them. */
const SKETCH = 10;
/** Numbers, addresses and paths are what differs between two requests of a kind. */
const VALUE = /[\d@/\\]|www\./;
const WORD = /\p{L}{3,40}/gu;

/** Who or what started the run, and what its first event says of the request. */
export function requestText({ trigger, raw }: EventRecord): string {
  const said = HINT.test(raw) ? valuesOf(raw, REQUESTS) : [];
  return [trigger, ...said]
    .filter((text) => typeof text === "string")
    .join(" ")
    .slice(0, MOST_CHARACTERS);
}

/** The words with the ten smallest numbers, in order: of two texts they show what share of words is common (Broder, 1997). */
export function sketchOf(text: string): readonly number[] {
  const words = new Set<number>();
  for (const token of text.split(/\s+/)) {
    if (!VALUE.test(token)) for (const [word] of token.matchAll(WORD)) words.add(keyOf(word));
  }
  return [...words].sort((a, b) => a - b).slice(0, SKETCH);
}
