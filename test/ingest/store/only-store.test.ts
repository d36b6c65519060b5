import { describe, expect, it } from "vitest";
import { mustBeOnlyStore, stayOnlyStore, storeClientId } from "../../../ingest/store/only-store.ts";
import { silent } from "./fixtures.ts";

/** `seen`: the other members at each look; the last one stays. */
async function ask(isEmbedded: boolean, seen: readonly (readonly string[] | Error)[]) {
  let looks = 0;
  const clientId = storeClientId("me", isEmbedded);
  await mustBeOnlyStore({
    ...{ clientId, isEmbedded },
    async members(group) {
      expect(group).toBe("store");
      const others = seen[Math.min(looks++, seen.length - 1)];
      if (others instanceof Error) throw others;
      return [clientId, ...(others ?? [])].map((id) => ({ clientId: id }));
    },
    sleep: async () => {},
  });
  return looks;
}

const refused = { code: "store_not_shared", exitCode: 2 };

describe("a store of its own", () => {
  it("starts alone, also after a restart whose former self still counts as a member", async () => {
    expect(await ask(true, [[]])).toBe(1);
  });

  it("waits for a member that died, and for a broker that cannot say yet", async () => {
    expect(await ask(true, [new Error("no coordinator"), ["dead"], ["dead"], []])).toBe(4);
  });

  it("is refused beside any other store", async () => {
    await expect(ask(true, [["other"]])).rejects.toMatchObject(refused);
    await expect(ask(true, [[storeClientId("other", true)]])).rejects.toMatchObject(refused);
  });
});

/** What a joined store was told after some looks. */
async function stay(clientId: string, isEmbedded: boolean, members: () => Promise<readonly string[]>) {
  const failures: unknown[] = [];
  const waits: number[] = [];
  const staying = stayOnlyStore({
    ...{ clientId, isEmbedded, logger: silent, fail: (error) => void failures.push(error) },
    members: async () => [clientId, ...(await members())].map((id) => ({ clientId: id })),
    async sleep(ms) {
      waits.push(ms);
      await new Promise(setImmediate);
    },
  });
  if (isEmbedded) await expect.poll(() => failures.length > 0 || waits.length > 30).toBe(true);
  staying.stop();
  return failures;
}

describe("stores that were started together and saw nobody", () => {
  const [first, second] = [storeClientId("a", true), storeClientId("b", true)];
  const there = (name: string) => async () => [name];

  it("end but one when each has an engine of its own", async () => {
    expect(await stay(first, true, there(second))).toEqual([]);
    expect(await stay(second, true, there(first))).toMatchObject([refused]);
  });

  it("end when another has an outside ClickHouse, which stays", async () => {
    expect(await stay(first, true, there("z"))).toMatchObject([refused]);
    expect(await stay("z", false, there(first))).toEqual([]);
  });

  it("do not end for a former life that still counts, nor because they cannot look", async () => {
    let looks = 0;
    expect(await stay(second, true, async () => (++looks % 10 === 0 ? [] : [first]))).toEqual([]);
    expect(await stay(second, true, () => Promise.reject(new Error("away")))).toEqual([]);
  });
});

describe("a store in an outside ClickHouse", () => {
  it("starts beside others like it, and not beside one that keeps its own", async () => {
    expect(await ask(false, [["other", "third"]])).toBe(1);
    await expect(ask(false, [[storeClientId("other", true)]])).rejects.toMatchObject(refused);
  });

  it("says what went wrong when the members are never told", async () => {
    await expect(ask(false, [new Error("away")])).rejects.toThrow("away");
  });
});
