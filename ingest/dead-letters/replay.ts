/**
 * Refused lines brought back after a fix: posted to the gateway as if they came now, under an identity made of the
 * letter's own. The gateway knows a repeat for minutes only, so the store is asked first whether the event is there.
 */
import { hash } from "node:crypto";
import type { DeadLetterRecord } from "../../schemas/journal.ts";
import type { Intake } from "../intake/intake.ts";
import type { PostEvents } from "./post-events.ts";

export type Letter = Pick<DeadLetterRecord, "id" | "bytes" | "encoding" | "size">;

export interface ReplayOptions {
  /** As the gateway judges. */
  readonly intake: Intake;
  /** Whether the store has an event of this identity. */
  readonly isStored: (agent: string, id: string) => Promise<boolean>;
  readonly post: PostEvents;
  /** Unix milliseconds. */
  readonly now: () => number;
}

export interface ReplayOutcome {
  /** `there`: it was brought back before, or came by itself. `impossible`: what is kept is not the line. */
  readonly kind: "accepted" | "there" | "refused" | "impossible";
  /** One sentence; empty when there is nothing to say. */
  readonly why: string;
}

/** What intake keeps of a refused line; up to three bytes less, so that no character is cut. */
const KEPT_BYTES = 64 * 1024;
const MARK = "[redacted:";

/** What a gateway takes as a key: visible ASCII, 256 characters at most. */
function keyOf({ id }: Letter): string {
  return /^[\x21-\x7e]{1,250}$/.test(id) ? `dead:${id}` : `dead:${hash("sha256", id).slice(0, 32)}`;
}

/** Why the kept bytes are not the line; undefined when they are. */
function impossible({ id, encoding, size }: Letter, bytes: Buffer): string | undefined {
  if (id.startsWith("store:")) return "its event was accepted and judged; only the store could not take its row";
  if (size > KEPT_BYTES || (bytes.length !== size && bytes.length > KEPT_BYTES - 4)) {
    return `only the first 64 KiB of its ${size} bytes were kept`;
  }
  const text = bytes.toString(encoding === "utf8" ? "utf8" : "latin1");
  return text.includes(MARK) || bytes.length !== size ? "something in it was redacted" : undefined;
}

/** Brings one letter back, or says why not. Rejects when gateway or store cannot be asked. */
export function createReplay({
  intake,
  isStored,
  post,
  now,
}: ReplayOptions): (letter: Letter) => Promise<ReplayOutcome> {
  return async (letter) => {
    const bytes = Buffer.from(letter.bytes, letter.encoding);
    const hindrance = impossible(letter, bytes);
    if (hindrance !== undefined) return { kind: "impossible", why: hindrance };
    const key = keyOf(letter);
    const verdict = intake.line(bytes, 1, {
      name: `http:${key}`,
      arrivedAt: now(),
      backfill: false,
      // As the gateway does it for a post under this key.
      identify: (line) => ({ id: `${intake.name(key)}#${line}`, source: "position" }),
    });
    if (verdict.kind === "blank") return { kind: "refused", why: "the line is blank" };
    // Judged here first: posted, it would be a dead letter once more.
    if (verdict.kind === "refused") return { kind: "refused", why: verdict.letter.reason };
    if (await isStored(verdict.event.agent, verdict.event.id)) return { kind: "there", why: "nothing was added" };
    // An element of an array may hold line ends.
    const refusal = await post(Buffer.concat([Buffer.from("["), bytes, Buffer.from("]")]), key);
    return refusal === undefined ? { kind: "accepted", why: "" } : { kind: "refused", why: refusal };
  };
}
