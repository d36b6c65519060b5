import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { settledBy } from "../../ingest/settled-by.ts";

const never = new Promise<never>(() => undefined);

it("resolves when the work is over, whatever came of it, and leaves no listener", async () => {
  const { signal } = new AbortController();
  await settledBy(Promise.resolve(1), signal);
  await settledBy(Promise.reject(new Error("failed")), signal);
  await settledBy(Promise.reject(new Error("failed")), undefined);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

it("waits no longer than the signal allows", async () => {
  const late = new AbortController();
  const waiting = settledBy(never, late.signal);
  late.abort();
  await waiting;
  await settledBy(never, late.signal);
  expect(getEventListeners(late.signal, "abort")).toEqual([]);
});
