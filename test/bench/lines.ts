/** Lines of about 400 bytes, as agents write them: an API call with a model, tokens and a short detail. */

export interface LineOptions {
  readonly agents: number;
  readonly tools: number;
}

const PADDING = "the quick brown fox jumps over the lazy dog and back ".repeat(3).slice(0, 120);

const CALLS_A_RUN = 20;

/** Line number `n`; every agent uses every tool, in turn. */
export function line(n: number, { agents, tools }: LineOptions, now: number): string {
  const agent = n % agents;
  const tool = Math.floor(n / agents) % tools;
  return JSON.stringify({
    timestamp: new Date(now).toISOString(),
    agent: `agent_${agent}`,
    api: `tool_${tool}`,
    endpoint: `/v1/things/${n}`,
    response_code: 200,
    cost: "$0.0001",
    model: "gpt-small",
    input_tokens: 120 + (n % 50),
    output_tokens: 30 + (n % 7),
    duration_ms: 40 + (n % 300),
    run: `run-${agent}-${Math.floor(n / agents / CALLS_A_RUN)}`,
    details: { query: `${n} ${PADDING}` },
  });
}
