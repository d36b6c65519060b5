import { expect, it } from "vitest";
import { createCloseStack } from "../../ingest/close-stack.ts";

it("closes every part once, the last one first, whatever fails in between", async () => {
  const closed: string[] = [];
  const logged: unknown[] = [];
  const stack = createCloseStack({ error: (facts: unknown) => void logged.push(facts) });
  stack.push("log", async () => closed.push("log"));
  stack.push("engine", async () => {
    throw new Error("already dead");
  });
  stack.push("gateway", async () => closed.push("gateway"));
  await Promise.all([stack.close(), stack.close()]);
  expect(closed).toEqual(["gateway", "log"]);
  expect(logged).toEqual([{ part: "engine", error: "already dead" }]);
});
