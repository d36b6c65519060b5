/** One agent's backlog before detectors of its own, with the agent's baseline and a clock that is the events'. */
import { SEVERITY_RANK, type Severity } from "../../schemas/finding.ts";
import type { EventRecord, Position } from "../../schemas/journal.ts";
import type { LateFinding } from "../../schemas/self.ts";
import type { SavedExpectations } from "../baseline/expectations.ts";
import type { Runner } from "../runner.ts";
import { HOUR_MS, type Zones } from "../time/zones.ts";
import { type Known, knownOf, withHoursBefore } from "./usual-then.ts";

/** Subjects of one backlog that are remembered as said; more are said each time that a detector says them. */
const MOST_SAID = 64;

export interface SavedLateAgent {
  readonly v: 1;
  readonly values: readonly (readonly [key: string, value: string])[];
  readonly said: readonly (readonly [subject: string, severity: Severity])[];
}

/** What the agent's week is read in. */
export interface LateZone {
  readonly zone: string;
  readonly zones: Zones;
}

interface SavedBaseline {
  readonly packed: SavedExpectations;
}

/** What one late event came to. */
export interface LateJudgement {
  readonly said: readonly LateFinding[];
  /** The agent has a baseline, and it says nothing of that time. */
  readonly isBeyondUsual: boolean;
}

export class LateAgent {
  readonly #name: string;
  readonly #runner: Runner;
  readonly #said: Map<string, Severity>;

  /** Undefined while nothing was learned of the agent. */
  readonly #known: Known | undefined;

  private constructor(name: string, runner: Runner, said: SavedLateAgent["said"]) {
    this.#name = name;
    this.#runner = runner;
    this.#said = new Map(said);
    const baseline = runner.save(`baseline:${name}`);
    this.#known = baseline === null ? undefined : knownOf((JSON.parse(baseline) as SavedBaseline).packed);
  }

  /** Knows nothing but what the live detectors hold for usual: a window of now would be none of then. */
  static begin(name: string, runner: Runner, live: Pick<Runner, "save">, { zone, zones }: LateZone): LateAgent {
    const partition = JSON.parse(live.save("partition") as string) as object;
    // Before time began, so that the clock is that of the first event.
    runner.restore("partition", Buffer.from(JSON.stringify({ ...partition, offset: -1, clock: 0 })));
    const baseline = live.save(`baseline:${name}`);
    if (baseline !== null) {
      const saved = JSON.parse(baseline) as SavedBaseline;
      const packed = withHoursBefore(saved.packed, zone, zones);
      runner.restore(`baseline:${name}`, Buffer.from(JSON.stringify({ ...saved, packed })));
    }
    return new LateAgent(name, runner, []);
  }

  static restore(name: string, runner: Runner, { values, said }: SavedLateAgent): LateAgent {
    for (const [key, value] of values) runner.restore(key, Buffer.from(value));
    return new LateAgent(name, runner, said);
  }

  /** What it says of the event for the first time, or graver than before. Information is not said late. */
  judge(event: EventRecord, position: Position): LateJudgement {
    const then: EventRecord = { ...event, clock: "ok", arrived_at: event.judged_at };
    const said = this.#runner.evaluate(then, position).flatMap(({ detector, subject, severity, title, at }) => {
      if (severity === "info" || !this.#isNews(`${detector}\0${subject}`, severity)) return [];
      return [{ agent: this.#name, detector, severity, at, title }];
    });
    return { said, isBeyondUsual: this.#isBeyondUsual(event.judged_at) };
  }

  #isNews(key: string, severity: Severity): boolean {
    const before = this.#said.get(key);
    if (before !== undefined && SEVERITY_RANK[severity] <= SEVERITY_RANK[before]) return false;
    if (before !== undefined || this.#said.size < MOST_SAID) this.#said.set(key, severity);
    return true;
  }

  /** Amounts are those of an hour: all of it must be known. */
  #isBeyondUsual(at: number): boolean {
    return this.#known !== undefined && (at - HOUR_MS < this.#known.from || at >= this.#known.to);
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
