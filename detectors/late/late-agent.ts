/** One agent's backlog before detectors of its own, with the agent's baseline and a clock that is the events'. */
import { SEVERITY_RANK, type Severity } from "../../schemas/finding.ts";
import type { EventRecord, Position } from "../../schemas/journal.ts";
import type { LateFinding } from "../../schemas/self.ts";
import type { Runner } from "../runner.ts";

/** Subjects of one backlog that are remembered as said. */
const MOST_SAID = 64;

export interface SavedLateAgent {
  readonly v: 1;
  readonly values: readonly (readonly [key: string, value: string])[];
  readonly said: readonly (readonly [subject: string, severity: Severity])[];
}

export class LateAgent {
  readonly #name: string;
  readonly #runner: Runner;
  readonly #said: Map<string, Severity>;

  private constructor(name: string, runner: Runner, said: SavedLateAgent["said"]) {
    this.#name = name;
    this.#runner = runner;
    this.#said = new Map(said);
  }

  /** Knows nothing but what the live detectors hold for usual: a window of now would be none of then. */
  static begin(name: string, runner: Runner, live: Pick<Runner, "save">): LateAgent {
    const partition = JSON.parse(live.save("partition") as string) as object;
    // Before time began, so that the clock is that of the first event.
    runner.restore("partition", Buffer.from(JSON.stringify({ ...partition, offset: -1, clock: 0 })));
    const baseline = live.save(`baseline:${name}`);
    if (baseline !== null) runner.restore(`baseline:${name}`, Buffer.from(baseline));
    return new LateAgent(name, runner, []);
  }

  static restore(name: string, runner: Runner, { values, said }: SavedLateAgent): LateAgent {
    for (const [key, value] of values) runner.restore(key, Buffer.from(value));
    return new LateAgent(name, runner, said);
  }

  /** What it says of the event for the first time, or graver than before. Information is not said late. */
  judge(event: EventRecord, position: Position): LateFinding[] {
    const then: EventRecord = { ...event, clock: "ok", arrived_at: event.judged_at };
    const findings = this.#runner.evaluate(then, position);
    return findings.flatMap(({ detector, subject, severity, title, at }): LateFinding[] => {
      if (severity === "info") return [];
      const key = `${detector}\0${subject}`;
      const before = this.#said.get(key);
      if (before !== undefined && SEVERITY_RANK[severity] <= SEVERITY_RANK[before]) return [];
      if (before === undefined && this.#said.size >= MOST_SAID) return [];
      this.#said.set(key, severity);
      return [{ agent: this.#name, detector, severity, at, title }];
    });
  }

  save(): string {
    const keys = [`agent:${this.#name}`, `baseline:${this.#name}`, "partition"];
    const values = keys.flatMap((key) => {
      const value = this.#runner.save(key);
      return value === null ? [] : [[key, value] as const];
    });
    return JSON.stringify({ v: 1, values, said: [...this.#said] } satisfies SavedLateAgent);
  }
}
