/** One event of a simulated agent as the line it would send. */
import type { DemoAgent, DemoTool } from "./profile.ts";
import { logNormal, type Random } from "./random.ts";

/** What a line may say differently from what the profile would draw. */
export interface LineChoice {
  /** Fills `{n}` of the subject; left out, it differs from line to line. */
  readonly n?: number;
  /** Exact dollars. */
  readonly dollars?: number;
  readonly failed?: boolean;
  readonly milliseconds?: number;
  readonly run?: string;
  readonly parent?: string;
}

/** The JSON text of one event, and its id. `at` is Unix ms. */
export function eventLine(agent: DemoAgent, tool: DemoTool, at: number, random: Random, choice: LineChoice = {}) {
  const n = choice.n ?? Math.floor(random() * 90_000) + 10_000;
  const template = tool.subjects[choice.n === undefined ? Math.floor(random() * tool.subjects.length) : 0] ?? "";
  const subject = template.replaceAll("{n}", String(n));
  const id = `${agent.name}-${at.toString(36)}-${Math.floor(random() * 0xffffffff).toString(36)}`;
  const envelope = {
    timestamp: new Date(at).toISOString(),
    agent: agent.name,
    id,
    run: choice.run ?? `run-${Math.floor(at / 300_000).toString(36)}`,
    trigger: agent.trigger,
    ...(choice.parent === undefined ? {} : { parent: choice.parent }),
    environment: "demo",
  };
  return { id, line: JSON.stringify({ ...envelope, ...body(tool, subject, n, choice, random) }) };
}

function body(tool: DemoTool, subject: string, n: number, choice: LineChoice, random: Random): object {
  const failed = choice.failed ?? random() < (tool.failing ?? 0.01);
  const drawn = tool.ms === undefined ? undefined : Math.round(logNormal(tool.ms, 0.4, random));
  const duration_ms = choice.milliseconds ?? drawn;
  if (tool.kind === "decision") return { decision: tool.tool, reasoning: subject, threshold: "10%" };
  if (tool.kind === "action") {
    return {
      action: tool.tool,
      details: { subject },
      target: subject,
      success: !failed,
      ...(failed ? { error: tool.error ?? "timed out after 30 s" } : {}),
      duration_ms,
    };
  }
  const cost = choice.dollars ?? logNormal(tool.dollars ?? 0, 0.35, random);
  const tokens = Math.round(cost * 60_000);
  return {
    api: tool.tool,
    endpoint: subject,
    response_code: failed ? 503 : 200,
    cost: `$${cost.toFixed(6)}`,
    ...(tool.model === undefined
      ? {}
      : { model: tool.model, input_tokens: tokens, output_tokens: Math.round(tokens / 5) }),
    credential: `${tool.tool}-demo`,
    details: { request: n },
    duration_ms,
  };
}
