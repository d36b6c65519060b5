/** The live part of the demonstration: ordinary traffic, and four things that go wrong, each by itself. */
import { eventLine, type LineChoice } from "./event-line.ts";
import type { DemoAgent, DemoTool } from "./profile.ts";
import { pick, type Random } from "./random.ts";

/** What is sent at one moment. */
export interface DemoStep {
  /** Milliseconds after the start of the story. */
  readonly afterMs: number;
  /** What is being shown; empty for ordinary traffic. */
  readonly about: string;
  /** NDJSON; `now` (Unix ms) is the moment of sending. */
  lines(now: number): string;
}

/** A minute ago and the like: what an agent's own buffer held back; far below what counts as late. */
const MINUTE = 60_000;

/** The steps in order, over about 25 seconds. */
export function demoStory(agents: readonly DemoAgent[], random: Random): readonly DemoStep[] {
  const one = (name: string) => agents.find((agent) => agent.name === name) as DemoAgent;
  const send = (
    afterMs: number,
    about: string,
    name: string,
    tool: string,
    choice: LineChoice = {},
    ago = 0,
  ): DemoStep => ({
    afterMs,
    about,
    lines: (now) => `${eventLine(one(name), toolOf(one(name), tool), now - ago, random, choice).line}\n`,
  });
  const steps: DemoStep[] = [
    ...ordinary(agents, random),
    ...Array.from({ length: 8 }, (_, i) =>
      send(300, "", "competitor_monitor", "openai", { dollars: 0.8 }, (9 - i) * MINUTE),
    ),
    ...Array.from({ length: 24 }, (_, i) => send(3000 + i * 250, "runaway loop", "code_reviewer", "run_tests", LOOP)),
    send(10_500, "budget at 70 %", "competitor_monitor", "openai", { dollars: 0.62 }),
    ...[0, 400, 800].map((after, i) =>
      send(14_000 + after, "work in the night", "invoice_bot", i === 2 ? "book_invoice" : "read_attachment"),
    ),
    ...[0, 1, 2].map((i) =>
      send(17_500 + i * 300, "budget at 90 %", "competitor_monitor", "openai", { dollars: 0.68 }),
    ),
    ...[0, 1, 2, 3].map((i) => send(21_000 + i * 500, "spend spike", "support_triage", "anthropic", { dollars: 3.4 })),
  ];
  return steps.sort((a, b) => a.afterMs - b.afterMs);
}

/** The same arguments and the same failure each time, each at once: one call ends before the next begins. */
const LOOP: LineChoice = { n: 4711, failed: true, milliseconds: 190, run: "run-loop" };

/** Agents that work around the clock go on as always. */
function ordinary(agents: readonly DemoAgent[], random: Random): DemoStep[] {
  const awake = agents.filter(({ name }) => name === "support_triage" || name === "data_sync");
  return Array.from({ length: 12 }, (_, i) => ({
    afterMs: 1000 + i * 2000,
    about: "",
    lines: (now) => {
      const agent = awake[i % awake.length] as DemoAgent;
      return `${eventLine(agent, pick(agent.tools, random), now, random).line}\n`;
    },
  }));
}

function toolOf(agent: DemoAgent, name: string): DemoTool {
  return agent.tools.find(({ tool }) => tool === name) as DemoTool;
}
