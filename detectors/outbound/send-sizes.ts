/**
 * How large the sends of each tool usually are, and whether those of the last hour are another matter: logarithms of
 * bytes against the tool's own mean and deviation, added up over the hour. Independent of how often it sends.
 */
import { SlidingHour } from "../window/sliding-hour.ts";

/** Sends of a tool before it is judged. */
const ENOUGH = 30;
/** Weight of a new send in what is usual: a 500th, so that a day of more moves it little. */
const HORIZON = 500;
/** Logarithms that are nearly constant still vary by so much. */
const LEAST_DEVIATION = 0.25;
/** A single send counts for at most so many deviations. */
const MOST_DEVIATIONS = 4;
const MOST_TOOLS = 65;
const FIELDS = 3;

/** Series of the hour. */
const COUNT = 0;
const DEVIATIONS = 1;
const BYTES = 2;
const USUAL = 3;

/** Many agents never send anything. */
const NOTHING = new Float64Array(0);

export interface SizeShift {
  readonly sends: number;
  readonly bytes: number;
  readonly usual: number;
  /** Standard deviations that the sends of the hour are off, all together. */
  readonly deviations: number;
  readonly from: number;
}

interface SavedSizes {
  readonly hour: unknown;
  readonly tools: readonly number[];
}

/** Per tool 24 bytes, and 240 for the hour. */
export class SendSizes {
  readonly #hour: SlidingHour;
  /** Of each tool: sends, mean and variance of the logarithm of bytes. */
  #tools: Float64Array;

  constructor(saved?: SavedSizes) {
    this.#hour = saved === undefined ? new SlidingHour() : SlidingHour.load(saved.hour);
    this.#tools = saved === undefined || saved.tools.length === 0 ? NOTHING : Float64Array.from(saved.tools);
  }

  /** Takes in a send and says how the last hour compares; undefined while its tool is not known. */
  judge(tool: number, bytes: number, at: number): SizeShift | undefined {
    const base = Math.min(tool, MOST_TOOLS) * FIELDS;
    if (base + FIELDS > this.#tools.length) return undefined;
    const [sends, mean, variance] = this.#read(base);
    if (sends < ENOUGH) return undefined;
    const deviation = Math.max(LEAST_DEVIATION, Math.sqrt(variance));
    const off = Math.max(-MOST_DEVIATIONS, Math.min(MOST_DEVIATIONS, (Math.log(bytes) - mean) / deviation));
    if (!this.#hour.add(at, USUAL, Math.exp(mean + variance / 2))) return undefined;
    this.#hour.add(at, COUNT, 1);
    this.#hour.add(at, DEVIATIONS, off);
    this.#hour.add(at, BYTES, bytes);
    const count = this.#hour.sum(COUNT);
    return {
      sends: count,
      bytes: this.#hour.sum(BYTES),
      usual: this.#hour.sum(USUAL),
      deviations: this.#hour.sum(DEVIATIONS) / Math.sqrt(count),
      from: this.#hour.from,
    };
  }

  /** Learns from a send. */
  learn(tool: number, bytes: number): void {
    const base = Math.min(tool, MOST_TOOLS) * FIELDS;
    if (base + FIELDS > this.#tools.length) {
      const grown = new Float64Array(base + FIELDS);
      grown.set(this.#tools);
      this.#tools = grown;
    }
    const [before, mean, variance] = this.#read(base);
    const sends = Math.min(HORIZON, before + 1);
    const off = Math.log(bytes) - mean;
    this.#tools[base] = sends;
    this.#tools[base + 1] = mean + off / sends;
    this.#tools[base + 2] = variance + (off * (off - off / sends) - variance) / sends;
  }

  #read(base: number): readonly [sends: number, mean: number, variance: number] {
    const tools = this.#tools;
    return [tools[base] as number, tools[base + 1] as number, tools[base + 2] as number];
  }

  save(): SavedSizes {
    return { hour: this.#hour.save(), tools: Array.from(this.#tools) };
  }
}
