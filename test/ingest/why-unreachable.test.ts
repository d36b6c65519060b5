import { expect, it } from "vitest";
import { whyUnreachable } from "../../ingest/why-unreachable.ts";

it("is the code of the deepest cause, else its words", () => {
  const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" });
  expect(whyUnreachable(new TypeError("fetch failed", { cause: refused }))).toBe("ECONNREFUSED");
  expect(whyUnreachable(new TypeError("fetch failed", { cause: new Error("bad port") }))).toBe("bad port");
  expect(whyUnreachable("gone")).toBe("gone");
});

it("does not pass on a user and a password that an address was given with", async () => {
  const error = await fetch("http://bob:hunter2@127.0.0.1/").catch((caught: unknown) => caught);
  expect(whyUnreachable(error)).toContain("http://127.0.0.1");
  expect(whyUnreachable(error)).not.toMatch(/bob|hunter2/);
});
