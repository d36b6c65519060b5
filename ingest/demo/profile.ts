/** What a simulated agent is like: its rhythm, its tools, its prices. */

/** One thing it does. */
export interface DemoTool {
  readonly kind: "action" | "decision" | "api_call";
  readonly tool: string;
  /** How often, against its other tools. */
  readonly weight: number;
  /** What it works on: `{n}` is a number that differs from call to call. */
  readonly subjects: readonly string[];
  /** Median dollars of a call; left out: it costs nothing and says nothing of cost. */
  readonly dollars?: number;
  readonly model?: string;
  /** Median duration (ms). */
  readonly ms?: number;
  /** Share of calls that fail; default 0.01. */
  readonly failing?: number;
  /** What a failed action says. */
  readonly error?: string;
}

export interface DemoAgent {
  readonly name: string;
  readonly timezone: string;
  /** Days of history. */
  readonly days: number;
  /** Its history ends with yesterday, so that today's budget begins at zero; left out, it ends now. */
  readonly untilYesterday?: true;
  /** Expected calls in this hour of this day (0 = Monday) in its zone. */
  readonly rhythm: (day: number, hour: number) => number;
  readonly tools: readonly DemoTool[];
  /** What usually starts its runs. */
  readonly trigger: string;
}
