import { expect, it } from "vitest";
import { createCloseStack } from "../../ingest/close-stack.ts";

interface Line {
  readonly part: string;
  readonly error?: string;
  readonly ms?: number;
}

function stackOf(options: { lateMs?: number } = {}) {
  const logged: Record<"debug" | "warn" | "error", Line[]> = { debug: [], warn: [], error: [] };
  const closed: string[] = [];
  const stack = createCloseStack(
    {
      debug: (line: unknown) => void logged.debug.push(line as Line),
      warn: (line: unknown) => void logged.warn.push(line as Line),
      error: (line: unknown) => void logged.error.push(line as Line),
    },
    options,
  );
  return { stack, logged, closed, close: (name: string) => async () => void closed.push(name) };
}

const never = (): Promise<never> => new Promise(() => undefined);
const namesOf = (lines: readonly Line[]) => lines.map(({ part }) => part);

it("closes every part once, the last one first, whatever fails in between", async () => {
  const { stack, logged, closed, close } = stackOf();
  stack.push("log", close("log"));
  stack.push("engine", async () => {
    throw new Error("already dead");
  });
  stack.push("gateway", close("gateway"));
  await Promise.all([stack.close(), stack.close()]);
  expect(closed).toEqual(["gateway", "log"]);
  expect(logged.error).toEqual([{ part: "engine", error: "already dead" }]);
  expect(namesOf(logged.debug)).toEqual(["gateway", "engine", "log"]);
});

it("closes neighbouring sides at the same time, and what is below them when all are closed", async () => {
  const { stack, closed, close } = stackOf();
  stack.push("log", close("log"));
  const watch = stack.side();
  watch.push("watch", close("watch"));
  let isStoreClosing: () => void = () => undefined;
  const storeIsClosing = new Promise<void>((resolve) => {
    isStoreClosing = resolve;
  });
  // Waits for what is closed beside it.
  watch.push("sends", async () => {
    await storeIsClosing;
    closed.push("sends");
  });
  stack.side().push("store", async () => isStoreClosing());
  stack.push("gateway", close("gateway"));
  stack.side().push("above", close("above"));
  await stack.close();
  expect(closed).toEqual(["above", "gateway", "sends", "watch", "log"]);
});

it("tells each part when it is late, leaves one that goes on, and names it", async () => {
  const { stack, logged, closed, close } = stackOf({ lateMs: 20 });
  stack.push("log", close("log"));
  stack.push("deaf", never);
  stack.push("slow", (late) => new Promise((done) => late.addEventListener("abort", done)));
  await stack.close();
  expect(closed).toEqual(["log"]);
  expect(namesOf(logged.error)).toEqual(["deaf"]);
  expect(namesOf(logged.debug)).toEqual(["slow", "log"]);
});

it("says which part took long", async () => {
  let now = 0;
  const lines: unknown[] = [];
  const quiet = () => undefined;
  const logger = { debug: quiet, warn: (line: unknown) => void lines.push(line), error: quiet };
  const stack = createCloseStack(logger, { elapsed: () => now });
  stack.push("quick", async () => undefined);
  stack.push("slow", async () => {
    now += 2_500;
  });
  await stack.close();
  expect(lines).toEqual([{ part: "slow", ms: 2_500 }]);
});
