/**
 * The incidents of one partition: what a finding or a moment does to them. Deterministic over findings in order and
 * the clock of their records; reads no clock of its own.
 */
import type { Finding } from "../schemas/finding.ts";
import type { Incident } from "../schemas/incident.ts";
import type { HumanRecord } from "../schemas/journal.ts";
import { dueOf, earliest } from "./book/due.ts";
import { hiderOf, linesOf } from "./book/hiding.ts";
import { incidentId, positionEpisode, subjectKey } from "./book/identity.ts";
import { acknowledge, attach, open, reopen, resolve } from "./book/transition.ts";

export interface IncidentBook {
  /**
   * Takes in a finding; the watch's clock is its `at`. Returns every incident that it touched: its own first, then others
   * that hide or are hidden anew. A reader's matter is only what grew in `revision`. A finding that a restored
   * incident already holds (a replay) touches none.
   */
  apply(finding: Finding): readonly Incident[];
  /** Takes in what somebody said of an incident; returns it when that changes it. A replay changes nothing. */
  hear(record: HumanRecord): readonly Incident[];
  /** When time alone changes something next; undefined: never. */
  nextDue(): number | undefined;
  /** Ends what is due at or before `due`, each at its own moment, and forgets what ended a day before. */
  advance(due: number): readonly Incident[];
  /** Ids forgotten since the last call: their records can be dropped. */
  takeForgotten(): readonly string[];
  /** Takes back an incident as it was stored. */
  restore(incident: Incident): void;
  get(id: string): Incident | undefined;
  list(): readonly Incident[];
}

export interface IncidentBookOptions {
  readonly partition: number;
}

/** Whether a restored incident has taken the finding in. A timer's finding carries the offset of its agent's last event. */
function holds(restored: Incident | undefined, { position, at }: Finding): boolean {
  if (restored === undefined || position.offset !== restored.offset) return position.offset < (restored?.offset ?? 0);
  return at <= restored.finding.at;
}

/** The book of one partition, empty. */
export function createIncidentBook({ partition }: IncidentBookOptions): IncidentBook {
  const byId = new Map<string, Incident>();
  const newestOf = new Map<string, string>();
  const byAgent = new Map<string, Set<string>>();
  const restored = new Map<string, Incident>();
  let forgotten: string[] = [];
  let due: { readonly at: number | undefined } | undefined;

  function keep(incident: Incident): void {
    byId.set(incident.id, incident);
    const ids = byAgent.get(incident.agent) ?? new Set<string>();
    byAgent.set(incident.agent, ids.add(incident.id));
    const newest = byId.get(newestOf.get(subjectKey(incident)) ?? "");
    if (newest === undefined || incident.openedAt >= newest.openedAt) newestOf.set(subjectKey(incident), incident.id);
    due = undefined;
  }

  function forget(incident: Incident): void {
    byId.delete(incident.id);
    restored.delete(incident.id);
    const ids = byAgent.get(incident.agent);
    ids?.delete(incident.id);
    if (ids?.size === 0) byAgent.delete(incident.agent);
    if (newestOf.get(subjectKey(incident)) === incident.id) newestOf.delete(subjectKey(incident));
    forgotten.push(incident.id);
    due = undefined;
  }

  function ofAgent(agent: string): Incident[] {
    return [...(byAgent.get(agent) ?? [])].map((id) => byId.get(id) as Incident);
  }

  /** Brings the lines of everyone who hides something up to date. */
  function noteLines(agent: string, now: number, touched: Map<string, Incident>): void {
    const all = ofAgent(agent);
    for (const incident of all) {
      if (incident.state === "resolved" || incident.hiddenBy !== null) continue;
      const hides = linesOf(incident, all);
      if (hides.join("\n") === incident.hides.join("\n")) continue;
      const fresh = touched.get(incident.id)?.revision === 1;
      const revision = fresh ? incident.revision : incident.revision + 1;
      const noted = { ...incident, hides, revision, updatedAt: now };
      keep(noted);
      touched.set(noted.id, noted);
    }
  }

  /** Hides, or tells, what the change of `incident` leaves hidden or bare. */
  function settle(incident: Incident, now: number, touched: Map<string, Incident>): void {
    for (const other of ofAgent(incident.agent)) {
      if (other.hiddenBy === null || other.state === "resolved") continue;
      const hider = hiderOf(other, ofAgent(incident.agent))?.id ?? null;
      if (hider === other.hiddenBy) continue;
      const moved = { ...other, hiddenBy: hider, revision: other.revision + 1, updatedAt: now };
      keep(moved);
      touched.set(moved.id, moved);
    }
    noteLines(incident.agent, now, touched);
  }

  function changeOf(finding: Finding, now: number): Incident | undefined {
    const key = subjectKey(finding);
    const id = finding.episode === null ? newestOf.get(key) : incidentId(key, finding.episode);
    const current = byId.get(id ?? "");
    if (current === undefined) {
      const episode = finding.episode ?? positionEpisode(finding);
      const opened = open(finding, incidentId(key, episode), episode, now);
      return { ...opened, partition, hiddenBy: hiderOf(opened, ofAgent(finding.agent))?.id ?? null };
    }
    if (holds(restored.get(current.id), finding)) return undefined;
    if (current.state !== "resolved") return attach(current, finding, now);
    // What comes after a period's end still counts in it, but tells nobody anew.
    if (finding.endsAt !== null && finding.endsAt <= now) {
      return { ...current, finding, offset: finding.position.offset, findings: current.findings + 1 };
    }
    const reopened = reopen(current, finding, now);
    return { ...reopened, hiddenBy: hiderOf(reopened, ofAgent(finding.agent))?.id ?? null };
  }

  return {
    apply(finding) {
      const changed = changeOf(finding, finding.at);
      if (changed === undefined) return [];
      const quiet = byId.get(changed.id)?.revision === changed.revision;
      keep(changed);
      const touched = new Map([[changed.id, changed]]);
      if (!quiet) settle(changed, finding.at, touched);
      return [...touched.values()];
    },
    hear({ incident: id, revision, by, at }) {
      const incident = byId.get(id);
      // Of what it was before it came back: a replay, or said too late.
      const isFormer = incident?.posts.some((post) => post.step === "reopened" && post.revision > revision) === true;
      if (incident === undefined || isFormer) return [];
      const heard = acknowledge(incident, by, at);
      if (heard === incident) return [];
      keep(heard);
      return [heard];
    },
    nextDue() {
      due ??= { at: earliest(byId.values()) };
      return due.at;
    },
    advance(until) {
      const touched = new Map<string, Incident>();
      const ready = [...byId.values()].filter((incident) => (dueOf(incident) ?? Number.POSITIVE_INFINITY) <= until);
      ready.sort((a, b) => (dueOf(a) as number) - (dueOf(b) as number) || (a.id < b.id ? -1 : 1));
      for (const { id } of ready) {
        const incident = byId.get(id) as Incident;
        if (incident.state === "resolved") {
          forget(incident);
          touched.delete(id);
          continue;
        }
        const ended = resolve(incident, incident.quietAt as number);
        keep(ended);
        touched.set(id, ended);
        settle(ended, ended.updatedAt, touched);
      }
      return [...touched.values()];
    },
    takeForgotten() {
      const ids = forgotten;
      forgotten = [];
      return ids;
    },
    restore(incident) {
      restored.set(incident.id, incident);
      keep(incident);
    },
    get: (id) => byId.get(id),
    list: () => [...byId.values()],
  };
}
