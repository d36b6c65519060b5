/** Finds A-B-A-B, A-B-C-A-B-C and the like in an agent's last calls, one step per call. */
import { LONGEST_CYCLE } from "./rules.ts";

/** Stands in a saved state for the outcome of the step before; outcomes are empty or hexadecimal. */
const SAME = "=";

interface Step {
  readonly call: string;
  outcome: string;
  readonly tool: string;
  readonly failed: boolean;
  readonly at: number;
}

/** A round that repeats the one before it, call by call, with unchanged outcomes. */
export interface Round {
  /** The same wherever in the cycle one starts. */
  readonly key: string;
  readonly name: string;
  /** Calls in the round. */
  readonly period: number;
  readonly outcome: string;
  readonly failed: boolean;
  /** When the round before ended, if this is the first to repeat it; else the cycle goes on. */
  readonly begunAt: number | undefined;
}

export interface CycleMemory {
  /** Last calls, the newest last. */
  readonly steps: Step[];
  /** By period: how many calls in a row equal the one a period before. */
  readonly runs: number[];
}

type SavedStep = readonly [call: string, outcome: string, tool: string, failed: 0 | 1, at: number];

export interface SavedCycles {
  /** Former releases wrote each as it is. */
  readonly steps: readonly (SavedStep | Step)[];
  readonly runs: readonly number[];
}

export const NO_CYCLES: SavedCycles = { steps: [], runs: new Array<number>(LONGEST_CYCLE + 1).fill(0) };

/** Of an outcome that is that of the step before, nothing is written. */
export function saveCycles({ steps, runs }: CycleMemory): SavedCycles {
  const saved = steps.map(({ call, outcome, tool, failed, at }, index): SavedStep => {
    return [call, outcome === steps[index - 1]?.outcome ? SAME : outcome, tool, failed ? 1 : 0, at];
  });
  return { steps: saved, runs };
}

export function loadCycles({ steps, runs }: SavedCycles): CycleMemory {
  const loaded: Step[] = [];
  for (const one of steps) {
    if ("call" in one) {
      loaded.push(one);
      continue;
    }
    const [call, outcome, tool, failed, at] = one;
    const before = loaded.at(-1)?.outcome ?? "";
    loaded.push({ call, outcome: outcome === SAME ? before : outcome, tool, failed: failed === 1, at });
  }
  return { steps: loaded, runs: [...runs] };
}

/** Takes in a call and returns the round it completes, of the shortest cycle, if it does. */
export function step(memory: CycleMemory, next: Step): Round | undefined {
  const { steps, runs } = memory;
  // Most outcomes are like the one before: they share its text.
  const last = steps.at(-1);
  if (last?.outcome === next.outcome) next.outcome = last.outcome;
  if (steps.length > LONGEST_CYCLE) steps.shift();
  steps.push(next);
  let found: Round | undefined;
  for (let period = 1; period <= LONGEST_CYCLE; period++) {
    const before = steps[steps.length - 1 - period];
    const isSame = before !== undefined && before.call === next.call && before.outcome === next.outcome;
    runs[period] = isSame ? (runs[period] ?? 0) + 1 : 0;
    const run = runs[period] ?? 0;
    if (run < period) continue;
    // The shortest period explains the longer ones; a period of one is a plain repeat.
    if (period > 1 && run % period === 0)
      found = roundOf(steps.slice(-period), run === period ? before?.at : undefined);
    break;
  }
  return found;
}

function roundOf(steps: readonly Step[], begunAt: number | undefined): Round {
  const ordered = rotate(steps);
  return {
    key: ordered.map((s) => s.call).join("-"),
    period: steps.length,
    name: ordered.map((s) => s.tool).join(" → "),
    outcome: ordered.map((s) => s.outcome).join("-"),
    failed: steps.every((s) => s.failed),
    begunAt,
  };
}

/** From the smallest call on, so that a cycle has one name. */
function rotate(steps: readonly Step[]): Step[] {
  let start = 0;
  steps.forEach((step, index) => {
    if (step.call < (steps[start]?.call ?? "")) start = index;
  });
  return [...steps.slice(start), ...steps.slice(0, start)];
}
