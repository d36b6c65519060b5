/** The detectors of a large fleet by themselves, in this process: time an event, memory an agent, a restart. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { DETECTORS } from "../../detectors/registry.ts";
import { createRunner, type Runner } from "../../detectors/runner.ts";
import { createIntake } from "../../ingest/intake/intake.ts";
import type { BaselineSeries } from "../../schemas/baseline.ts";
import type { BaselineRecord, EventRecord } from "../../schemas/journal.ts";
import type { Figure } from "./figure.ts";
import { line } from "./lines.ts";

const TOOLS = 20;
const PER_SECOND = 5_000;
/** Lines that an agent ships together. */
const TOGETHER = 20;
/** What a baseline reaches over. */
const HOURS = 48;
/** Each agent uses each of its tools so often before it counts, and then again. */
const ROUNDS = 2;
const AT_ONCE = 20_000;
const START = Date.UTC(2026, 0, 5);
const PARTITION = 0;

const intake = () => createIntake({ lineBytes: 65_536, prices: [] });

/** Events `from` to `to` as the journal has them, some thousands at a time, so that they weigh nothing. */
function* events(agents: number, from: number, to: number, together = 1): Generator<EventRecord[]> {
  const { line: judge } = intake();
  for (let at = from; at < to; at += AT_ONCE) {
    yield Array.from({ length: Math.min(AT_ONCE, to - at) }, (_, step) => {
      const n = at + step;
      const arrivedAt = START + Math.floor((n / PER_SECOND) * 1000);
      const identify = () => ({ id: `bench#${n}`, source: "position" as const });
      const source = { name: "bench", arrivedAt, backfill: false, identify };
      const verdict = judge(
        Buffer.from(line(inTurn(n, agents, together), { agents, tools: TOOLS }, arrivedAt)),
        n + 1,
        source,
      );
      if (verdict.kind !== "event") throw new Error("a line of the benchmark is refused");
      // As the watch reads it from the journal, without the line itself.
      return JSON.parse(JSON.stringify({ ...verdict.event, raw: "" })) as EventRecord;
    });
  }
}

/** The number of the line whose turn it is when every agent sends so many together. */
function inTurn(n: number, agents: number, together: number): number {
  const lap = agents * together;
  const [agent, step] = [Math.floor((n % lap) / together), n % together];
  return n - (n % lap) + step * agents + agent;
}

function baselineOf(agent: string, perHour: number): BaselineRecord {
  const like = (series: BaselineSeries["series"], subject: string, amount: number): BaselineSeries => {
    const hours = Array.from({ length: HOURS }, () => amount);
    const learned = { state: "ready", days: 28, needed: 7, dispersion: 0.05, unit: 1 } as const;
    return { series, subject, ...learned, expected: hours, recent: hours };
  };
  const tools = Array.from({ length: TOOLS }, (_, tool) => like("tool", `tool_${tool}`, perHour / TOOLS));
  const series = [like("calls", "", perHour), like("spend", "", perHour * 1e-4), ...tools];
  return { type: "baseline", agent, at: START, from: START, series };
}

function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** CPU microseconds that the runner takes of these events. */
function judge(runner: Runner, agents: number, from: number, to: number, together = 1): number {
  let offset = agents + from;
  let spent = 0;
  for (const some of events(agents, from, to, together)) {
    const began = process.cpuUsage();
    for (const event of some) {
      const due = runner.nextDue();
      if (due !== undefined && due <= event.arrived_at) runner.fire(event.arrived_at);
      runner.evaluate(event, { partition: PARTITION, offset: offset++ });
    }
    const { user, system } = process.cpuUsage(began);
    spent += user + system;
  }
  return spent;
}

const fresh = (detectors: typeof DETECTORS): Runner => createRunner({ detectors, partition: PARTITION });

function learn(runner: Runner, agents: number): void {
  const perHour = (PER_SECOND * 3600) / agents;
  for (let n = 0; n < agents; n += 1)
    runner.evaluate(baselineOf(`agent_${n}`, perHour), { partition: PARTITION, offset: n });
}

/** CPU microseconds an event, once every agent has used every tool. */
function costOf(detectors: typeof DETECTORS, agents: number, together = 1): number {
  const runner = fresh(detectors);
  learn(runner, agents);
  const whole = ROUNDS * agents * TOOLS;
  judge(runner, agents, 0, whole, together);
  return judge(runner, agents, whole, 2 * whole, together) / whole;
}

function restartOf(runner: Runner): Figure[] {
  const saved = runner.takeDirty().flatMap((key) => {
    const text = runner.save(key);
    return text === null ? [] : [[key, Buffer.from(text)] as const];
  });
  const bytes = saved.reduce((sum, [, value]) => sum + value.length, 0);
  const next = fresh(DETECTORS);
  const began = performance.now();
  for (const [key, value] of saved) next.restore(key, value);
  const seconds = (performance.now() - began) / 1000;
  return [
    { name: "restart from a checkpoint", value: seconds, unit: "s", goal: { is: "most", value: 2 } },
    { name: "the checkpoint", value: bytes / 1024 ** 2, unit: "MB" },
  ];
}

export async function fleet(agents: number): Promise<Figure[]> {
  const size = `${agents.toLocaleString("en-US")} agents x ${TOOLS} tools`;
  const cost = (detectors: typeof DETECTORS, together: number) => costOf(detectors, agents, together);
  const idle = cost([], TOGETHER);
  const runner = fresh(DETECTORS);
  const before = heapBytes();
  learn(runner, agents);
  judge(runner, agents, 0, 2 * agents * TOOLS, TOGETHER);
  const grown = (heapBytes() - before) / agents / 1024;
  const restart = restartOf(runner);
  return [
    {
      name: `all detectors an event, ${size}, ${TOGETHER} lines of an agent together`,
      ...{ value: cost(DETECTORS, TOGETHER) - idle, unit: "us", goal: { is: "most", value: 3 } },
    },
    { name: "  and the runner alone", value: idle, unit: "us" },
    { name: "  one line of each agent in turn (no state in any cache)", value: cost(DETECTORS, 1) - idle, unit: "us" },
    { name: "memory of the watch, an agent", value: grown, unit: "KB", goal: { is: "most", value: 16 } },
    ...restart,
  ];
}
