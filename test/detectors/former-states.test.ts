import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { textOf } from "../../detectors/loop/signature.ts";
import { DETECTORS } from "../../detectors/registry.ts";
import { createRunner } from "../../detectors/runner.ts";
import { doublesOf, floatsOf, wholesOf } from "../../detectors/text/packed-numbers.ts";
import { SlidingHour } from "../../detectors/window/sliding-hour.ts";

/** What version 1 of the state said of an agent of four tools after 120 events, every array of numbers as digits. */
const FORMER = readFileSync(new URL("former/agent-v1.txt", import.meta.url));

interface Former {
  readonly evidence: Record<"tools" | "turns" | "places", Record<string, readonly number[]>> & {
    readonly order: { readonly surprises: readonly number[]; readonly rows: readonly number[] };
    readonly runs: readonly { readonly key: number; readonly at: number; readonly last: number }[];
  };
  readonly states: {
    readonly loop: readonly [number, FormerLoop];
    readonly resource: readonly [number, { readonly keys: readonly number[]; readonly numbers: readonly number[] }];
    readonly novelty: readonly [number, { readonly outside: readonly number[] }];
    readonly spend: readonly [number, { readonly hour: { readonly sums: readonly number[] } }];
  };
}

interface FormerLoop {
  readonly recent: readonly number[];
  readonly calls: readonly unknown[];
  readonly cycles: {
    readonly steps: readonly { readonly call: string; readonly outcome: string; readonly tool: string }[];
    readonly runs: readonly number[];
  };
}

interface Saved {
  readonly evidence: Record<"tools" | "turns" | "places" | "order", string> & {
    readonly runs: readonly (readonly [numbers: readonly number[]])[];
  };
  readonly states: {
    readonly loop: readonly [number, SavedLoop];
    readonly resource: readonly [number, { readonly keys: readonly number[]; readonly numbers: string }];
    readonly novelty: readonly [number, { readonly outside: string }];
    readonly spend: readonly [number, { readonly hour: unknown }];
  };
}

interface SavedLoop {
  readonly recent: string;
  readonly calls: readonly unknown[];
  readonly cycles: { readonly marks: string; readonly tools: readonly string[]; readonly runs: readonly number[] };
}

const before = JSON.parse(FORMER.toString()) as Former;

/** The same agent as this release writes it. */
function saved(): Saved {
  const runner = createRunner({ detectors: DETECTORS, partition: 0 });
  runner.restore("agent:a", FORMER);
  return JSON.parse(runner.save("agent:a") ?? "") as Saved;
}

describe("a state of the release before is read to the last number", () => {
  it("in what an agent is used to", () => {
    const { evidence } = saved();
    for (const kind of ["tools", "turns", "places"] as const) {
      const { keys = [], lastDays, days, allDays, uses } = before.evidence[kind];
      expect(keys.length).toBeGreaterThan(2);
      const words = Array.from(wholesOf(evidence[kind]));
      const column = (at: number, of: (word: number) => number) => keys.map((_, row) => of(words[3 * row + at] ?? 0));
      expect(column(0, (word) => word)).toEqual(keys);
      expect(column(1, (word) => word >>> 16)).toEqual(lastDays);
      expect(column(1, (word) => word & 0xffff)).toEqual(uses);
      expect(column(2, (word) => word >>> 8)).toEqual(days);
      expect(column(2, (word) => word & 0xff)).toEqual(allDays);
    }
    const { surprises, rows } = before.evidence.order;
    expect(Array.from(floatsOf(evidence.order))).toEqual([...surprises, ...rows]);
    const runs = evidence.runs.map(([[key, at, last]]) => ({ key, at, last }));
    expect(runs).toEqual(before.evidence.runs.map(({ key, at, last }) => ({ key, at, last })));
  });

  it("in what detectors measured", () => {
    const { states } = saved();
    const [[, ranges], [, formerRanges]] = [states.resource, before.states.resource];
    expect(ranges.keys).toEqual(formerRanges.keys);
    expect(Array.from(floatsOf(ranges.numbers))).toEqual(formerRanges.numbers);
    expect(Array.from(floatsOf(states.novelty[1].outside))).toEqual(before.states.novelty[1].outside);
    const hour = SlidingHour.load(states.spend[1].hour);
    const { sums } = before.states.spend[1].hour;
    expect(sums.map((_, series) => hour.sum(series))).toEqual(sums);
  });

  it("in the last calls and the steps of cycles", () => {
    const [[, loop], [, former]] = [saved().states.loop, before.states.loop];
    expect(doublesOf(loop.recent)).toEqual(former.recent);
    expect(loop.calls).toEqual(former.calls);
    expect(loop.cycles.runs).toEqual(former.cycles.runs);
    const marks = doublesOf(loop.cycles.marks);
    const steps = loop.cycles.tools.map((tool, n) => {
      const [call = 0, callRest = 0, outcome = 0, outcomeRest = 0] = marks.slice(6 * n, 6 * n + 4);
      return { call: textOf(call, callRest), outcome: textOf(outcome, outcomeRest), tool };
    });
    expect(steps).toEqual(former.cycles.steps.map(({ call, outcome, tool }) => ({ call, outcome, tool })));
  });
});
