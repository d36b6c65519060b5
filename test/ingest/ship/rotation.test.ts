import { appendFile, copyFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Harbour, lineOf, linesOf, openHarbour, range } from "./ship-fixture.ts";

let harbour: Harbour;
beforeEach(async () => {
  harbour = await openHarbour();
});
afterEach(() => harbour.close());

const arrived = () => harbour.numbers();
const sorted = () => arrived().sort((a, b) => a - b);

describe("rotation by rename", () => {
  it("finishes the old file, then reads the new one from its beginning", async () => {
    await writeFile(harbour.file, linesOf(0, 5));
    const follower = harbour.follow();
    await expect.poll(arrived).toEqual(range(0, 5));
    await rename(harbour.file, `${harbour.file}.1`);
    await appendFile(`${harbour.file}.1`, linesOf(5, 8));
    await writeFile(harbour.file, linesOf(8, 10));
    await expect.poll(arrived).toEqual(range(0, 10));
    await follower.stop();
  });

  it("takes what a writer still adds to the old file after the new one is there", async () => {
    await writeFile(harbour.file, linesOf(0, 2));
    const follower = harbour.follow();
    await expect.poll(arrived).toEqual([0, 1]);
    await rename(harbour.file, `${harbour.file}.1`);
    await writeFile(harbour.file, linesOf(2, 4));
    await expect.poll(arrived).toEqual(range(0, 4));
    await appendFile(`${harbour.file}.1`, linesOf(4, 6));
    await expect.poll(arrived).toEqual(range(0, 6));
    await follower.stop();
  });

  it("sends the last line of a file that nobody will finish, once it has settled", async () => {
    await writeFile(harbour.file, linesOf(0, 2) + lineOf(2).trimEnd());
    const follower = harbour.follow({ settleMs: 50 });
    await expect.poll(arrived).toEqual([0, 1]);
    await rename(harbour.file, `${harbour.file}.1`);
    await writeFile(harbour.file, linesOf(3, 4));
    await expect.poll(sorted).toEqual(range(0, 4));
    await follower.stop();
  });

  it("sends that line, too, when it settles while it is looked at", async () => {
    for (let readings = 1; readings <= 8; readings++) {
      const at = 3 * (readings - 1);
      // The clock stands until the file is moved away; then it has settled with this reading of it.
      let [clock, step] = [0, 0];
      const now = () => {
        clock += step;
        return clock;
      };
      await writeFile(harbour.file, linesOf(at, at + 2) + lineOf(at + 2).trimEnd());
      const follower = harbour.follow({ settleMs: readings, now });
      await expect.poll(sorted).toContain(at + 1);
      step = 1;
      await rename(harbour.file, `${harbour.file}.1`);
      await writeFile(harbour.file, "");
      await expect.poll(sorted).toEqual(range(0, at + 3));
      await follower.stop();
    }
  });

  it("finds files that were rotated while it was not running, several times over", async () => {
    await writeFile(harbour.file, linesOf(0, 5));
    await harbour.once();
    await appendFile(harbour.file, linesOf(5, 8));
    await rename(harbour.file, `${harbour.file}.2`);
    await writeFile(`${harbour.file}.1`, linesOf(8, 12));
    await writeFile(harbour.file, linesOf(12, 15));
    await harbour.once();
    await harbour.once();
    expect(arrived()).toEqual(range(0, 15));
  });

  it("leaves other files in the folder alone", async () => {
    await writeFile(`${harbour.file}.1`, linesOf(90, 95));
    await writeFile(`${harbour.file}.bak`, linesOf(95, 99));
    await writeFile(harbour.file, linesOf(0, 5));
    await harbour.once();
    await appendFile(harbour.file, linesOf(5, 6));
    await harbour.once();
    expect(arrived()).toEqual(range(0, 6));
  });

  it("says what was lost when a file is gone with its rest", async () => {
    await writeFile(harbour.file, linesOf(0, 5) + lineOf(5).slice(0, 40));
    const follower = harbour.follow();
    await expect.poll(arrived).toEqual(range(0, 5));
    await follower.stop();
    await rm(harbour.file);
    await writeFile(harbour.file, linesOf(6, 8));
    const summary = await harbour.once();
    expect(summary.lostBytes).toBe(40);
    expect(harbour.said.join("")).toContain("40 bytes were rotated away");
    expect(arrived()).toEqual([...range(0, 5), 6, 7]);
  });
});

describe("rotation by copy and truncate", () => {
  it("reads the file from its beginning again, as another life with other identities", async () => {
    await writeFile(harbour.file, linesOf(0, 5));
    const follower = harbour.follow();
    await expect.poll(arrived).toEqual(range(0, 5));
    await copyFile(harbour.file, `${harbour.file}.1`);
    await truncate(harbour.file);
    await appendFile(harbour.file, linesOf(5, 9));
    await expect.poll(arrived).toEqual(range(0, 9));
    await follower.stop();
    expect(new Set(harbour.gateway.events().map((event) => event.id)).size).toBe(9);
  });

  it("sees it by the first bytes when the file has grown beyond where it was", async () => {
    await writeFile(harbour.file, linesOf(0, 5));
    await harbour.once();
    await copyFile(harbour.file, `${harbour.file}.1`);
    await writeFile(harbour.file, linesOf(5, 50));
    await harbour.once();
    expect(arrived()).toEqual(range(0, 50));
  });

  it("takes what it had not read yet from the copy", async () => {
    await writeFile(harbour.file, linesOf(0, 5));
    await harbour.once();
    await appendFile(harbour.file, linesOf(5, 9));
    await copyFile(harbour.file, `${harbour.file}.1`);
    await truncate(harbour.file);
    await appendFile(harbour.file, linesOf(9, 11));
    const summary = await harbour.once();
    expect(arrived()).toEqual(range(0, 11));
    expect(summary.lostBytes).toBe(0);
  });
});

describe("rotation under writing", () => {
  it.each(["rename", "copy and truncate"])("by %s loses nothing and repeats nothing", async (way) => {
    const total = 6_000;
    const follower = harbour.follow({ settleMs: 200 });
    let start = 0;
    for (let n = 0, turn = 0; n < total; turn += 1) {
      const next = Math.min(total, n + 1 + ((turn * 37) % 211));
      await appendFile(harbour.file, linesOf(n, next));
      n = next;
      if (turn % 5 !== 4) continue;
      if (way === "copy and truncate") {
        // A life of the file that nobody ever looked at cannot be told from its copies; one look at it is enough.
        const begun = start;
        await expect.poll(() => harbour.numbers().some((seen) => seen >= begun)).toBe(true);
        start = n;
        await copyFile(harbour.file, `${harbour.file}.${turn}`);
        await truncate(harbour.file);
      } else {
        await rename(harbour.file, `${harbour.file}.${turn}`);
      }
    }
    await expect.poll(() => harbour.numbers().length).toBeGreaterThanOrEqual(total);
    await follower.stop();
    expect(sorted()).toEqual(range(0, total));
    expect(new Set(harbour.gateway.events().map((event) => event.id)).size).toBe(total);
  });
});
