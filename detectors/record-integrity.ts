/**
 * Records of an agent that cannot be right: one id with several contents, clocks far off, a past that is filled in.
 * What Watchkeeper says of its own records under the same name is `integrity.ts`.
 */
import type { Finding, Severity } from "../schemas/finding.ts";
import type { EventRecord } from "../schemas/journal.ts";
import type { AgentView, Detector, DetectorState } from "./detector.ts";
import { makeFinding } from "./finding.ts";
import { type Credentials, isNewCredential } from "./records/credentials.ts";
import { Identities, type SavedIdentities } from "./records/identities.ts";
import { newOddity, noteOddity, type Oddity } from "./records/oddity.ts";
import { type LateSpell, newSpell, takeLate } from "./records/order.ts";
import { type OddityName, oddityStatement } from "./records/statements.ts";
import { Few } from "./runner/few.ts";
import { DAY_MS } from "./time/zones.ts";

const NAME = "integrity";
/** An agent is known after so many events and so much time: only then is something odd news. */
const KNOWN_EVENTS = 200;
const KNOWN_MS = DAY_MS;
/** Clocks that run this far ahead are wrong, not merely unset. */
const AHEAD_MS = 10 * 60_000;
/** Counters begin anew with their program. */
const COUNTER = /^\d{1,9}$/;

const NONE: readonly Finding[] = [];

interface Saved {
  readonly seen: number;
  readonly first: number;
  readonly ids: SavedIdentities;
  readonly credentials: readonly (readonly [string, number])[];
  readonly oddities: readonly (readonly [OddityName, Oddity])[];
  readonly late: LateSpell | null;
}

class RecordState implements DetectorState {
  /** Events seen, up to `KNOWN_EVENTS`. */
  seen: number;
  first: number;
  readonly identities: Identities;
  readonly credentials: Credentials;
  readonly oddities: Few<OddityName, Oddity>;
  late: LateSpell | undefined;

  constructor({ seen, first, ids, credentials, oddities, late }: Saved) {
    this.seen = seen;
    this.first = first;
    this.identities = new Identities(ids);
    this.credentials = new Few(credentials);
    this.oddities = new Few(oddities);
    this.late = late ?? undefined;
  }

  save(): Saved {
    const { seen, first, identities, credentials, oddities, late } = this;
    const named = { credentials: credentials.entries(), oddities: oddities.entries() };
    return { seen, first, ids: identities.save(), ...named, late: late ?? null };
  }
}

function clockOddity(state: RecordState, event: EventRecord, now: number): OddityName | undefined {
  const { clock, timestamp, arrived_at } = event;
  if (clock === "ancient" || (clock === "future" && timestamp - arrived_at > AHEAD_MS)) return "clock_ahead";
  if (clock !== "late") return undefined;
  state.late ??= newSpell();
  const order = takeLate(state.late, timestamp, now);
  if (order === "in_order") return undefined;
  return order === "out_of_order" ? "backdated" : "clock_behind";
}

function say(state: RecordState, name: OddityName, event: EventRecord, view: AgentView, isKnown: boolean) {
  const oddity = state.oddities.get(name) ?? newOddity();
  state.oddities.set(name, oddity);
  const noted = noteOddity(oddity, view.now, isKnown);
  // Only the third use of a credential comes here, and it counted itself.
  if (noted === undefined && name !== "new_credential") return NONE;
  const isNote = name === "clock_behind" || name === "new_credential" || (name === "same_id" && COUNTER.test(event.id));
  const severity: Severity = isNote ? "info" : (noted ?? "info");
  if (!view.speaking.may(NAME, name, severity, view.now)) return NONE;
  const told = oddityStatement(name, oddity, event, state.late ?? newSpell(), view);
  return [
    makeFinding(view, { ...told, detector: NAME, severity: view.speaking.atLeast(NAME, name, severity, view.now) }),
  ];
}

/** An agent's own records, late ones too. */
export const recordIntegrity: Detector<RecordState> = {
  name: NAME,
  summary:
    "Records that cannot be right: an id with several contents, a clock far off, a past that is filled in out of order.",
  page: {
    ready: "Once the agent is known for a day and 200 events; earlier it only learns the agent's habits.",
    quieter:
      "Give each event an `id` of its own, and mend the agent's clock. What it always did is told as information, to nobody.",
  },
  stateVersion: 1,
  takes: { late: true },
  create: () => new RecordState({ seen: 0, first: 0, ids: [], credentials: [], oddities: [], late: null }),
  load: (saved) => new RecordState(saved as Saved),
  onEvent(state, event, view) {
    if (state.seen === 0) state.first = view.now;
    const isKnown = state.seen >= KNOWN_EVENTS && view.now - state.first >= KNOWN_MS;
    if (state.seen < KNOWN_EVENTS) state.seen += 1;
    const { credential, clock, id, id_source, content } = event;
    let findings = NONE;
    if (id_source === "producer" && state.identities.isReused(id, content)) {
      findings = say(state, "same_id", event, view, isKnown);
    }
    const odd = clock === "ok" ? undefined : clockOddity(state, event, view.now);
    if (odd !== undefined) findings = [...findings, ...say(state, odd, event, view, isKnown)];
    if (credential !== undefined && isNewCredential(state.credentials, credential, isKnown)) {
      findings = [...findings, ...say(state, "new_credential", event, view, isKnown)];
    }
    return findings;
  },
};
