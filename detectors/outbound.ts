/** A destination that is new for this agent, judged by its kind, and sends that are far larger than usual. */
import type { Finding } from "../schemas/finding.ts";
import type { EventRecord } from "../schemas/journal.ts";
import type { AgentView, Detector, DetectorState } from "./detector.ts";
import { dayOf, keyOf } from "./evidence/known-things.ts";
import { addPiece, hasPiece, type Piece, type RunTrace } from "./evidence/run-trace.ts";
import { type Newest, weighTogether } from "./evidence/together.ts";
import { weightOf } from "./evidence/weights.ts";
import { peersAt, peersText } from "./outbound/asked-peers.ts";
import { judgeSize } from "./outbound/larger-sends.ts";
import { isFileName, keyOfPlace, type Place, placesOf } from "./outbound/place.ts";
import { judgePlace, mostOf, type NewPlace } from "./outbound/place-kind.ts";
import { addSource, addStray, isAskedFor, noteTexts } from "./outbound/provenance.ts";
import { SendSizes } from "./outbound/send-sizes.ts";
import { newVisits, type Visits, volumeNats } from "./outbound/visits.ts";
import { nameText, plural } from "./text/numbers.ts";

const NAME = "outbound";
/** Seeds the numbers of domains; those of places are seeded by their form. */
const DOMAIN = 99;
/** The most that a destination weighs that the run was asked to go to: who asks may be a stranger too. */
const MOST_ASKED = 1;
const NONE: readonly Finding[] = [];

interface SavedOutbound {
  readonly sizes: ReturnType<SendSizes["save"]>;
  readonly visits: Visits;
}

class OutboundState implements DetectorState {
  readonly sizes: SendSizes;
  readonly visits: Visits;

  constructor(saved?: SavedOutbound) {
    this.sizes = new SendSizes(saved?.sizes);
    this.visits = newVisits(saved?.visits);
  }

  save(): SavedOutbound {
    return { sizes: this.sizes.save(), visits: { ...this.visits } };
  }
}

/** Its domain is seen with it; once known, it is a name that others may imitate. */
function seeDomain({ domain, label }: { domain: string; label: string }, day: number, view: AgentView): void {
  if (domain === "") return;
  const { places } = view.evidence;
  const key = keyOf(domain, 0, domain.length, DOMAIN);
  const found = places.find(key);
  const wasKnown = places.isKnown(found, 0);
  const index = places.see(key, day, found);
  if (!wasKnown && places.isKnown(index, 0)) view.evidence.addLabel(label);
}

function judgeNew(place: Place, view: AgentView): NewPlace {
  const { places, labels, days } = view.evidence;
  const isKnownDomain = (domain: string) =>
    places.isFamiliar(places.find(keyOf(domain, 0, domain.length, DOMAIN)), 0, days);
  return judgePlace(place, { labels, isKnownDomain });
}

/** Sends to the same new place in one run, against how often this agent usually goes to a new one in a run. */
function addVolume(state: OutboundState, run: RunTrace, key: number, text: string, at: number): Piece | undefined {
  if (run.place !== key) {
    run.place = key;
    run.sends = 0;
    state.visits.places++;
  }
  run.sends++;
  state.visits.sends++;
  const nats = volumeNats(state.visits, run.sends);
  if (nats < 1) return undefined;
  const piece: Piece = { kind: "volume", key, at, nats, text: `${plural(run.sends, "call")} to ${text}`, counted: -1 };
  addPiece(run, piece);
  return piece;
}

/** Learns from a destination, and weighs it where it is new. */
function judgePlaceOf(state: OutboundState, place: Place, event: EventRecord, view: AgentView): Finding | undefined {
  const { evidence } = view;
  const { places, placeShares } = evidence;
  const at = event.judged_at;
  const day = dayOf(at);
  const key = keyOfPlace(place);
  const found = places.find(key);
  const isKnown = places.isKnown(found, day);
  if (!isKnown && isFileName(place)) return undefined;
  const tool = view.tools.indexOf(event.tool);
  placeShares.call(tool);
  const run = evidence.runOf(event);
  const isAsked = isAskedFor(run, place);
  const stray = isAsked ? undefined : addStray(run, place, event, view);
  if (isKnown) {
    places.see(key, day, found);
    return stray && weighTogether(run, newestOf(stray, place, event), view);
  }
  const uses = places.usesOf(found);
  const judged = judgeNew(place, view);
  const counted = placeShares.placeOf(tool, judged.kind, place.form);
  const share = placeShares.shareOf(counted);
  const isCounted = found < 0 && !isAsked;
  if (run.told === "") {
    places.see(key, day, found);
    seeDomain(judged, day, view);
    if (isCounted) placeShares.count(counted, 1);
  }
  if (!isAsked) addSource(run, key, at, view);
  if (!evidence.isKnown) return undefined;
  const peers = peersAt(event, place, view.peers);
  const volume = isAsked ? undefined : addVolume(state, run, key, nameText(place.text), at);
  let piece = stray ?? volume;
  if (!hasPiece(run, "place", key)) {
    const most = isAsked ? MOST_ASKED : mostOf(judged.kind, peers);
    const nats = Math.max(0, weightOf("place", share, most) - 2 * Math.log(1 + uses));
    const text = `new destination: ${judged.text}${peersText(peers)}`;
    const fresh: Piece = { kind: "place", key, at, nats, text, counted: isCounted ? counted : -1 };
    if (nats > 0) addPiece(run, fresh);
    if (nats >= (piece?.nats ?? 0)) piece = fresh;
  }
  if (piece === undefined) return undefined;
  const usual = `${nameText(event.tool)} goes to a new place of this kind in ${percentText(share)} of its calls`;
  const newest = newestOf(piece, place, event);
  return weighTogether(run, piece === stray ? newest : { ...newest, usual }, view);
}

function newestOf(piece: Piece, place: Place, event: EventRecord): Newest {
  const { tool, backfill } = event;
  return {
    detector: NAME,
    subject: place.text,
    piece,
    title: piece.text,
    usual: "the request does not name it",
    tool,
    isHistory: backfill === true,
  };
}

function percentText(share: number): string {
  return share < 0.001 ? "less than 0.1 %" : `${Number((100 * share).toPrecision(2))} %`;
}

/** Hosts, mailboxes, accounts and channels against this agent's own; bytes against each tool's own. */
export const outbound: Detector<OutboundState> = {
  name: NAME,
  summary:
    "A destination that is new for this agent, judged by its kind and where it comes from, and sends that are far larger than usual.",
  page: {
    ready: "Once the agent worked in 12 runs; sizes of sends once those of the tool are known.",
    quieter:
      "Say in `trigger` what a run was asked for: a destination that it names weighs little. Raise `minExcess` for larger sends. A destination that was seen on three different days is known.",
  },
  learnsExpected: (reason) => reason !== "larger_sends",
  stateVersion: 1,
  takes: { backfill: true },
  create: () => new OutboundState(),
  load: (saved) => new OutboundState(saved as SavedOutbound),
  onEvent(state, event, view) {
    noteTexts(event, view);
    if (event.kind === "decision") return NONE;
    let findings = NONE;
    for (const place of placesOf(event)) {
      const found = judgePlaceOf(state, place, event, view);
      if (found !== undefined) findings = [...findings, found];
    }
    const size = judgeSize(state.sizes, event, view);
    return size === undefined ? findings : [...findings, size];
  },
};
