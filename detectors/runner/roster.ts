/** The agents in memory: found by name, bounded, the longest quiet one forgotten first. */
import { type AgentMemory, createAgentMemory, loadAgent, type MemoryContext, restoreBaseline } from "./agent-memory.ts";
import { RecencyList } from "./recency-list.ts";

export interface RosterOptions {
  readonly context: MemoryContext;
  readonly limit: () => number;
  /** Somebody wrote settings for this agent: a flood of made-up names must not make its budgets be forgotten. */
  readonly isWritten: (name: string) => boolean;
  readonly onEvicted: (agent: AgentMemory) => void;
}

export class Roster {
  readonly #agents = new Map<string, AgentMemory>();
  #order = new RecencyList<AgentMemory>();
  #sorted = true;
  readonly #context: MemoryContext;
  readonly #limit: () => number;
  readonly #isWritten: (name: string) => boolean;
  readonly #onEvicted: (agent: AgentMemory) => void;

  constructor({ context, limit, isWritten, onEvicted }: RosterOptions) {
    this.#context = context;
    this.#limit = limit;
    this.#isWritten = isWritten;
    this.#onEvicted = onEvicted;
  }

  find(name: string): AgentMemory | undefined {
    return this.#agents.get(name);
  }

  /** Every agent, in no order that means anything. */
  all(): Iterable<AgentMemory> {
    return this.#agents.values();
  }

  /** The agent, made the most recently active; a new one may cost the longest quiet one its place. */
  touch(name: string): AgentMemory {
    this.#sort();
    let agent = this.#agents.get(name);
    if (agent === undefined) {
      agent = createAgentMemory(name, this.#context);
      this.#agents.set(name, agent);
    }
    this.#order.touch(agent);
    while (this.#agents.size > this.#limit()) this.#evict();
    return agent;
  }

  /** The agent without calling it active; undefined when it is unknown and there is no place. */
  meet(name: string): AgentMemory | undefined {
    this.#sort();
    const known = this.#agents.get(name);
    if (known !== undefined || this.#agents.size >= this.#limit()) return known;
    const agent = createAgentMemory(name, this.#context);
    this.#agents.set(name, agent);
    this.#order.addOldest(agent);
    return agent;
  }

  restoreAgent(name: string, value: Buffer): void {
    const agent = loadAgent(name, value, this.#context);
    const before = this.#agents.get(name);
    agent.baseline = before?.baseline;
    agent.baselineOffset = before?.baselineOffset ?? -1;
    this.#agents.set(name, agent);
    this.#sorted = false;
  }

  restoreBaseline(name: string, value: Buffer): void {
    const agent = this.#agents.get(name) ?? createAgentMemory(name, this.#context);
    restoreBaseline(agent, value, this.#context);
    this.#agents.set(name, agent);
    this.#sorted = false;
  }

  /** Order of use follows from the offsets, so it is the same after a restart. */
  #sort(): void {
    if (this.#sorted) return;
    this.#sorted = true;
    this.#order = new RecencyList();
    const agents = [...this.#agents.values()];
    agents.sort((a, b) => a.offset - b.offset || b.baselineOffset - a.baselineOffset);
    for (const agent of agents) {
      agent.newer = undefined;
      agent.older = undefined;
      this.#order.touch(agent);
    }
  }

  /** The longest quiet agent goes; those that somebody wrote settings for go last. */
  #evict(): void {
    const oldest = this.#order.oldest;
    let going = oldest;
    while (going !== undefined && this.#isWritten(going.name)) going = going.newer as AgentMemory | undefined;
    going ??= oldest;
    if (going === undefined) return;
    this.#order.remove(going);
    this.#agents.delete(going.name);
    this.#onEvicted(going);
  }
}
