/** What a call takes, of which kind. */
import type { Unit } from "../../schemas/finding.ts";
import type { EventRecord } from "../../schemas/journal.ts";

export interface Measure {
  readonly name: "tokens" | "time" | "cpu" | "memory";
  readonly unit: Unit;
  /** How a message names it: "uses 5.2 times the usual memory". */
  readonly words: string;
  /** Amounts below it are as good as it: a call of 3 ms is no slower than one of 1 ms. */
  readonly floor: number;
  of(event: EventRecord): number | undefined;
}

const tokensOf = ({ input_tokens: input, output_tokens: output }: EventRecord): number | undefined =>
  input === undefined && output === undefined ? undefined : (input ?? 0) + (output ?? 0);

/** In the order of their numbers, which stand in saved states. */
export const MEASURES: readonly Measure[] = [
  { name: "tokens", unit: "tokens", words: "tokens", floor: 100, of: tokensOf },
  { name: "time", unit: "ms", words: "time", floor: 50, of: ({ duration_ms: ms }) => ms },
  { name: "cpu", unit: "percent", words: "CPU", floor: 5, of: ({ cpu_percent: percent }) => percent },
  { name: "memory", unit: "bytes", words: "memory", floor: 16 * 1024 ** 2, of: ({ memory_bytes: bytes }) => bytes },
];
