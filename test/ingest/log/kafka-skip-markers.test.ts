import { expect, it } from "vitest";
import type { Lane } from "../../../ingest/log/kafka/lane.ts";
import { skipMarkers } from "../../../ingest/log/kafka/skip-markers.ts";

type Seen = { -readonly [Key in "next" | "handledTo" | "isIdle"]: Lane[Key] };

/** A lane and a position; each turn of the loop is a call of `turn`. */
function scene(lane: Seen, position: number) {
  const commits: number[] = [];
  let isOver = false;
  let wake = (): void => undefined;
  const last = skipMarkers({
    lane: lane as Lane,
    committed: () => commits.at(-1) ?? position,
    commit: async (offset) => void commits.push(offset),
    sleep: () => new Promise((resolve) => (wake = resolve)),
    ended: () => isOver,
  });
  const turn = async () => {
    wake();
    await new Promise((resolve) => setImmediate(resolve));
  };
  const end = () => {
    isOver = true;
    return turn();
  };
  return { commits, last, turn, end };
}

it("moves a position past markers when nothing else is left, and not at the first sight of them", async () => {
  const { commits, turn, end } = scene({ next: 7, handledTo: 5, isIdle: true }, 5);
  await turn();
  expect(commits).toEqual([]);
  await turn();
  await turn();
  expect(commits).toEqual([7]);
  await end();
});

it.each([
  ["a record is being handled", { next: 7, handledTo: 5, isIdle: false }, 5],
  ["a handled record is not committed", { next: 7, handledTo: 6, isIdle: true }, 5],
  ["the position is at the end", { next: 7, handledTo: 6, isIdle: true }, 7],
])("leaves it where it is while %s", async (_, lane, position) => {
  const { commits, last, turn, end } = scene(lane, position);
  for (let n = 0; n < 3; n++) await turn();
  await last()();
  expect(commits).toEqual([]);
  await end();
});

it("does so once more at the end, but not for a lane that dropped what waited in it", async () => {
  const read = scene({ next: 7, handledTo: 5, isIdle: true }, 5);
  await read.last()();
  expect(read.commits).toEqual([7]);
  const lane: Seen = { next: 9, handledTo: 5, isIdle: false };
  const busy = scene(lane, 5);
  const finish = busy.last();
  Object.assign(lane, { isIdle: true });
  await finish();
  expect(busy.commits).toEqual([]);
});
