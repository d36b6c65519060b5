/** Which things a page told of, so that somebody can say later that they are as they should be. */
import type { Piece } from "./run-trace.ts";
import type { EvidenceKind } from "./weights.ts";

/** Pages that are remembered, and things of one. */
const MOST_PAGES = 8;
const MOST_THINGS = 16;

/** Kinds of evidence that are about a thing which is known or on trial. */
export type ThingKind = "place" | "tool" | "order" | "request" | "stray";
const THINGS: ReadonlySet<string> = new Set<ThingKind>(["place", "tool", "order", "request", "stray"]);
export const isThing = (kind: EvidenceKind): kind is ThingKind => THINGS.has(kind);

/** A thing on trial: its kind and its number in the memory of that kind. */
type Thing = readonly [kind: ThingKind, key: number];

interface Paged {
  /** Detector and subject. */
  readonly told: string;
  things: readonly Thing[];
}

const NONE: readonly Paged[] = [];

/** About 100 bytes a page. */
export class PagedThings {
  #pages: readonly Paged[];

  constructor(saved?: unknown) {
    this.#pages = (saved as readonly Paged[] | undefined) ?? NONE;
  }

  get isEmpty(): boolean {
    return this.#pages.length === 0;
  }

  add(told: string, pieces: readonly Piece[]): void {
    const fresh = pieces.flatMap(({ kind, key }): Thing[] => (key !== 0 && isThing(kind) ? [[kind, key]] : []));
    if (fresh.length === 0) return;
    const before = this.#pages.find((page) => page.told === told)?.things ?? [];
    const added = fresh.filter(([kind, key]) => !before.some((one) => one[0] === kind && one[1] === key));
    const others = this.#pages.filter((page) => page.told !== told);
    this.#pages = [...others, { told, things: [...before, ...added].slice(-MOST_THINGS) }].slice(-MOST_PAGES);
  }

  /** The things of a page, which is forgotten with that. */
  take(told: string): readonly Thing[] {
    const found = this.#pages.find((page) => page.told === told)?.things ?? [];
    this.#pages = this.#pages.filter((page) => page.told !== told);
    return found;
  }

  save(): unknown {
    return this.#pages;
  }
}
