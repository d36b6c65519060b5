/**
 * The lives of the file at one path, oldest first: the one that is written now, and those that rotation moved away
 * and that are not finished. Both kinds of rotation end in the same list.
 */
import type { Stats } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import type { PathState, TrackState } from "./checkpoint.ts";
import { NO_FINGERPRINT } from "./fingerprint.ts";
import { findRest, missedBetween, openFile } from "./locate.ts";
import { createTrack, look, type Track } from "./track.ts";

export interface TracksOptions {
  /** Absolute. */
  readonly path: string;
  readonly state: PathState;
  /** Every path that is shipped. */
  readonly shipped: ReadonlySet<string>;
  now(): number;
  /** Bytes that are nowhere any more. */
  lost(bytes: number): void;
}

export interface Tracks {
  readonly list: readonly Track[];
  /** Looks at the path; true when a file is, or has been, there. */
  refresh(): Promise<boolean>;
  /** This life ended under our eyes: its rest is looked for, else it is lost. */
  gone(track: Track): Promise<void>;
  /** Everything of this life has been sent. */
  drop(track: Track): Promise<void>;
  close(): Promise<void>;
}

export function createTracks({ path, state, shipped, now, lost }: TracksOptions): Tracks {
  let list: Track[] | undefined;

  const publish = (tracks: Track[]) => {
    list = tracks;
    state.tracks = tracks.map((track) => track.state);
  };
  const add = (handle: FileHandle, { dev, ino }: Stats) => {
    const generation = state.nextGeneration;
    state.nextGeneration += 1;
    const fresh: TrackState = {
      dev,
      ino,
      generation,
      identity: undefined,
      fingerprint: NO_FINGERPRINT,
      offset: 0,
      size: 0,
      pending: undefined,
    };
    publish([...(list ?? []), createTrack(fresh, handle, now())]);
  };
  /** The unfinished lives of an earlier run, wherever they are now. */
  const reopen = async (): Promise<Track[]> => {
    const found: Track[] = [];
    for (const known of state.tracks) {
      const handle = await findRest(path, known, shipped);
      if (handle !== undefined) found.push(createTrack(known, handle, now()));
      else lost(unread(known));
    }
    return found;
  };
  const drop = async (track: Track) => {
    publish((list ?? []).filter((other) => other !== track));
    await track.handle.close();
  };
  const gone = async (track: Track) => {
    const handle = await findRest(path, track.state, shipped);
    if (handle === undefined) {
      lost(unread(track.state));
      return drop(track);
    }
    const moved = createTrack(track.state, handle, now());
    publish((list ?? []).map((other) => (other === track ? moved : other)));
    await track.handle.close();
  };

  return {
    get list() {
      return list ?? [];
    },
    async refresh() {
      if (list === undefined) publish(await reopen());
      const file = await openFile(path);
      if (file === undefined) return state.nextGeneration > 0;
      const { handle, stats } = file;
      const isCurrent = ({ state: known }: Track) => known.ino === stats.ino && known.dev === stats.dev;
      const newest = list?.at(-1);
      const current = list?.find(isCurrent);
      if (current !== undefined) {
        await handle.close();
        if (await look(current, now())) return true;
        // Cut to nothing and written anew, in place: what is there now is the next life.
        await gone(current);
        const again = await openFile(path);
        if (again !== undefined) add(again.handle, again.stats);
        return true;
      }
      for (const missed of newest === undefined ? [] : await missedBetween(path, newest.state, stats.ino)) {
        const between = await openFile(missed);
        if (between === undefined) continue;
        if (list?.some((t) => t.state.ino === between.stats.ino)) await between.handle.close();
        else add(between.handle, between.stats);
      }
      add(handle, stats);
      return true;
    },
    gone,
    drop,
    async close() {
      await Promise.all((list ?? []).map((track) => track.handle.close()));
    },
  };
}

function unread({ size, pending, offset }: TrackState): number {
  return Math.max(size, pending?.to ?? 0, offset) - offset;
}
