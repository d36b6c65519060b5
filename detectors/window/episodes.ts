/** What an agent goes on doing, by subject: since when, how often. Bounded, whatever names it makes up. */

/** Names are cut to this, so that state and identities stay short. */
const SUBJECT_LENGTH = 80;
const NONE: readonly Episode[] = [];

export interface Episode {
  readonly subject: string;
  /** Unix milliseconds, the watch's clock. */
  since: number;
  last: number;
  count: number;
}

/** At most `limit` happenings are kept; the longest quiet one is forgotten first. About 150 bytes each. */
export class Episodes {
  readonly #limit: number;
  /** The most recent last. */
  #list: readonly Episode[];

  constructor(limit: number, saved: readonly Episode[] = []) {
    this.#limit = limit;
    this.#list = saved.length === 0 ? NONE : saved.map((episode) => ({ ...episode }));
  }

  /** Counts one more; after `quietMs` without any, from one again. */
  touch(subject: string, now: number, quietMs: number): Episode {
    const name = shortSubject(subject);
    const index = this.#list.findIndex((episode) => episode.subject === name);
    const known = index < 0 ? undefined : this.#list[index];
    const isOver = known === undefined || now - known.last > quietMs;
    const episode = isOver ? { subject: name, since: now, last: now, count: 0 } : known;
    episode.last = now;
    episode.count += 1;
    this.#list = [...this.#list.filter((_, at) => at !== index), episode].slice(-this.#limit);
    return episode;
  }

  /** Those under way, of subjects that begin so. */
  under(prefix: string, now: number, quietMs: number): readonly Episode[] {
    return this.#list.filter(({ subject, last }) => now - last <= quietMs && subject.startsWith(prefix));
  }

  save(): readonly Episode[] {
    return this.#list;
  }
}

/** A subject as it is kept. */
export function shortSubject(subject: string): string {
  return subject.length <= SUBJECT_LENGTH ? subject : subject.slice(0, SUBJECT_LENGTH);
}
