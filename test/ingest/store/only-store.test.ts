import { describe, expect, it } from "vitest";
import { mustBeOnlyStore, storeClientId } from "../../../ingest/store/only-store.ts";

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

describe("a store in an outside ClickHouse", () => {
  it("starts beside others like it, and not beside one that keeps its own", async () => {
    expect(await ask(false, [["other", "third"]])).toBe(1);
    await expect(ask(false, [[storeClientId("other", true)]])).rejects.toMatchObject(refused);
  });

  it("says what went wrong when the members are never told", async () => {
    await expect(ask(false, [new Error("away")])).rejects.toThrow("away");
  });
});
