/** The last events of an agent as a message shows them; nothing of the raw line is kept. */
import type { EventRef } from "../../schemas/finding.ts";
import type { EventRecord } from "../../schemas/journal.ts";

const KEPT = 4;
const SHOWN = 3;
const NOTE_LENGTH = 48;

/** The first text in `details`, else in `input` or `arguments`: what a person would recognise the call by. */
const DETAIL = /"(?:details|input|arguments)"\s*:\s*\{\s*"[^"\\]{1,64}"\s*:\s*("(?:[^"\\]|\\.){1,48})/;

function detailOf(raw: string): string {
  const match = DETAIL.exec(raw.length > 4096 ? raw.slice(0, 4096) : raw);
  if (match === null) return "";
  try {
    // Parsing copies the text, so that the short note does not keep the whole line alive.
    return JSON.parse(`${match[1]}"`) as string;
  } catch {
    return "";
  }
}

function noteOf(event: EventRecord): string {
  const note = event.endpoint ?? event.target ?? event.error ?? detailOf(event.raw);
  return note.length <= NOTE_LENGTH ? note : (JSON.parse(JSON.stringify(note.slice(0, NOTE_LENGTH))) as string);
}

/** What a message shows of one event. */
function refOf(event: EventRecord): EventRef {
  const { id, judged_at: at, kind, tool, cost } = event;
  const note = noteOf(event);
  return cost === undefined ? { id, at, kind, tool, note } : { id, at, kind, tool, note, cost };
}

export interface RecentEvents {
  add(event: EventRecord): void;
  /** The newest first, at most three; of one tool when it is named. */
  last(tool?: string): readonly EventRef[];
  save(): readonly EventRef[];
}

/** A ring of the last four events, continued from `saved` (oldest first). */
export function createRecentEvents(saved: readonly EventRef[] = []): RecentEvents {
  return new Ring([...saved]);
}

class Ring implements RecentEvents {
  #refs: EventRef[];

  constructor(refs: EventRef[]) {
    this.#refs = refs;
  }

  add(event: EventRecord): void {
    const ref = refOf(event);
    if (this.#refs.length < KEPT) {
      this.#refs = [...this.#refs, ref];
      return;
    }
    for (let index = 1; index < KEPT; index++) this.#refs[index - 1] = this.#refs[index] as EventRef;
    this.#refs[KEPT - 1] = ref;
  }

  last(tool?: string): readonly EventRef[] {
    const found: EventRef[] = [];
    for (let index = this.#refs.length - 1; index >= 0 && found.length < SHOWN; index--) {
      const ref = this.#refs[index] as EventRef;
      if (tool === undefined || ref.tool === tool) found.push(ref);
    }
    return found;
  }

  save(): readonly EventRef[] {
    return this.#refs.slice();
  }
}
