import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DETECTORS } from "../../detectors/registry.ts";
import { createRunner } from "../../detectors/runner.ts";
import { HISTORY } from "./former/history.ts";

/** What release 1 of the state wrote of an agent after `HISTORY`. */
const FORMER = readFileSync(new URL("former/agent-v1.txt", import.meta.url));

/** What a later release keeps beside: nothing tells it of what was before it. */
const ADDED = ["before", "notedAt"];
const known = (key: string, value: unknown): unknown => (ADDED.includes(key) ? undefined : value);

const fresh = () => createRunner({ detectors: DETECTORS, partition: 0 });

describe("a state of the release before", () => {
  it("is read to the last number, and written anew as this release writes it", () => {
    const former = fresh();
    former.restore("agent:a", FORMER);
    const runner = fresh();
    HISTORY.forEach((record, offset) => void runner.evaluate(record, { partition: 0, offset }));
    expect(JSON.parse(former.save("agent:a") ?? "", known)).toEqual(JSON.parse(runner.save("agent:a") ?? "", known));
    expect(former.nextDue()).toBe(runner.nextDue());
  });
});
