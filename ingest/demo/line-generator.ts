/** Lines for load: as many agents and tools as wanted, about 400 bytes each, cheap to make. */
import type { Random } from "./random.ts";

export interface LineGeneratorOptions {
  readonly agents: number;
  /** Tools per agent. */
  readonly tools: number;
  /** Uniform numbers in [0, 1). */
  readonly random: Random;
}

const PADDING =
  "The quick brown fox reads a page, compares three prices and writes down what changed since yesterday. ";

/** Returns a maker of lines: `at` is the event's time (Unix ms); every third line is an API call with a cost. */
export function lineGenerator({ agents, tools, random }: LineGeneratorOptions): (at: number) => string {
  let count = 0;
  let cached = { at: Number.NaN, text: "" };
  return (at) => {
    if (at !== cached.at) cached = { at, text: new Date(at).toISOString() };
    count += 1;
    const agent = Math.floor(random() * agents);
    const tool = Math.floor(random() * tools);
    const key = Math.floor(random() * 1e9);
    const head = `{"timestamp":"${cached.text}","agent":"agent-${agent}","id":"${count.toString(36)}-${key.toString(36)}","run":"run-${key % 997}"`;
    if (count % 3 === 0) {
      return `${head},"api":"api-${tool}","endpoint":"/v1/items/${key}","response_code":200,"cost":"$0.00${1 + (key % 9)}","model":"model-${tool % 4}","input_tokens":${key % 4000},"output_tokens":${key % 700},"duration_ms":${key % 2500},"details":{"note":"${PADDING}"}}`;
    }
    return `${head},"action":"tool-${tool}","details":{"subject":"item ${key}","note":"${PADDING}","page":${key % 50}},"success":true,"duration_ms":${key % 2500},"target":"https://shop-${key % 300}.example.com/items/${key}"}`;
  };
}
