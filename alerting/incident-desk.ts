/** What people do with incidents, from wherever they do it: look at them, acknowledge them, say that they are expected. */
import { WatchkeeperError } from "../schemas/errors.ts";
import type { Incident } from "../schemas/incident.ts";
import type { HumanRecord } from "../schemas/journal.ts";
import { TOPICS } from "../schemas/topics.ts";
import { incidentView, listIncidents } from "./incident-view.ts";
import type { Append } from "./ports.ts";

export interface IncidentDesk {
  /** Newest first; `open` means not resolved. Rejects as `incidents` does. */
  list(filter: "open" | "resolved" | "all"): Promise<readonly object[]>;
  /**
   * Resolves with the incident as it was, once what was said is durable. Errors: `incident_not_found`; to acknowledge also
   * `incident_is_over`; for `expected` also `nothing_to_learn`, where the detector learns nothing from it.
   * @param by Who says so.
   */
  say(act: HumanRecord["act"], id: string, by: string): Promise<object>;
}

export interface IncidentDeskOptions {
  /** As they stand now. Rejects with `retry` while they cannot be known. */
  readonly incidents: () => Promise<readonly Incident[]>;
  /** Into the journal; resolves when it is durable. */
  readonly append: (append: Append) => Promise<void>;
  /** Whether what a detector told of for this reason is learned when it is said to be expected. */
  readonly learnsExpected: (detector: string, reason: string) => boolean;
  /** Unix milliseconds. */
  readonly now: () => number;
}

export function createIncidentDesk({ incidents, append, learnsExpected, now }: IncidentDeskOptions): IncidentDesk {
  return {
    list: async (filter) => listIncidents(await incidents(), filter),
    async say(act, id, by) {
      const incident = (await incidents()).find((one) => one.id === id);
      if (incident === undefined) throw notFound(id);
      if (act === "expected" && !learnsExpected(incident.detector, incident.finding.reason))
        throw nothingToLearn(incident);
      if (act === "acknowledged" && incident.state === "resolved") throw isOver(id);
      const { revision, agent } = incident;
      const said = { type: "human", at: now(), by, incident: id, revision, agent } as const;
      const record: HumanRecord = act === "expected" ? { ...said, act, ...toldBy(incident) } : { ...said, act };
      await append({ topic: TOPICS.journal, key: incident.scope.name, value: JSON.stringify(record) });
      return incidentView(incident);
    },
  };
}

/** All of what was told: from its first sign on, and the most of it. */
function toldBy({ detector, subject, finding, openedAt, observed }: Incident) {
  return {
    ...{ detector, subject, from: Math.min(openedAt, finding.window.from), to: finding.at },
    ...{ observed: Math.max(observed, finding.observed), expected: finding.expected },
  };
}

function notFound(id: string): WatchkeeperError {
  const hint = "`watchkeeper incidents list --state all` shows ids";
  return refused("incident_not_found", `There is no incident "${id}", or it ended more than a day ago; ${hint}.`);
}

function isOver(id: string): WatchkeeperError {
  return refused("incident_is_over", `Incident "${id}" is over: there is nothing left to see to.`);
}

function nothingToLearn({ detector }: Incident): WatchkeeperError {
  const why = `"${detector}" learns nothing from it: what it tells of is a rule or a fact, not a habit`;
  return refused("nothing_to_learn", `${why}. Acknowledge it; its page in docs/detectors says how to hear less of it.`);
}

function refused(code: string, message: string): WatchkeeperError {
  return new WatchkeeperError(message, { code, verdict: "poison" });
}
