/** A destination that is new for this agent, judged by its kind, and sends that are far larger than usual. */
import type { Finding } from "../schemas/finding.ts";
import type { EventRecord } from "../schemas/journal.ts";
import type { AgentView, Detector, DetectorState } from "./detector.ts";
import { dayOf, keyOf } from "./evidence/known-things.ts";
import { addPiece, hasPiece, type Piece, type RunTrace } from "./evidence/run-trace.ts";
import { weighTogether } from "./evidence/together.ts";
import { weightOf } from "./evidence/weights.ts";
import { makeFinding } from "./finding.ts";
import { peersAt, peersText } from "./outbound/asked-peers.ts";
import { isFileName, type Place, placesOf } from "./outbound/place.ts";
import { judgePlace, mostOf, type NewPlace } from "./outbound/place-kind.ts";
import { SendSizes, type SizeShift } from "./outbound/send-sizes.ts";
import { newVisits, type Visits, volumeNats } from "./outbound/visits.ts";
import { bytesText, nameText, plural, timesText } from "./text/numbers.ts";

const NAME = "outbound";
const QUIET_AFTER_MS = 30 * 60_000;
/** Standard deviations by which the sends of an hour are too large; one hour in a billion if they were normal. */
const MIN_DEVIATIONS = 6;
const MIN_RATIO = 2;
const MIN_SENDS = 3;
/** Seeds the numbers of domains; those of places are seeded by their form. */
const DOMAIN = 99;
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
  const { places, labels } = view.evidence;
  const isKnownDomain = (domain: string) => places.isFamiliar(places.find(keyOf(domain, 0, domain.length, DOMAIN)), 0);
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
  const key = keyOf(place.text, 0, place.text.length, place.form + 1);
  const found = places.find(key);
  const isKnown = places.isKnown(found, day);
  if (!isKnown && isFileName(place)) return undefined;
  const tool = view.tools.indexOf(event.tool);
  placeShares.call(tool);
  if (isKnown) {
    places.see(key, day, found);
    return undefined;
  }
  const uses = places.usesOf(found);
  const judged = judgeNew(place, view);
  const counted = placeShares.placeOf(tool, judged.kind, place.form);
  const share = placeShares.shareOf(counted);
  const run = evidence.runOf(event);
  if (run.told === "") {
    places.see(key, day, found);
    seeDomain(judged, day, view);
    if (found < 0) placeShares.count(counted, 1);
  }
  if (!evidence.isKnown) return undefined;
  const peers = peersAt(event, place, view.peers);
  const volume = addVolume(state, run, key, nameText(place.text), at);
  let piece = volume;
  if (!hasPiece(run, "place", key)) {
    const nats = Math.max(0, weightOf("place", share, mostOf(judged.kind, peers)) - 2 * Math.log(1 + uses));
    piece = {
      kind: "place",
      key,
      at,
      nats,
      text: `new destination: ${judged.text}${peersText(peers)}`,
      counted: found < 0 ? counted : -1,
    };
    if (nats > 0) addPiece(run, piece);
  }
  if (piece === undefined) return undefined;
  return weighTogether(
    run,
    {
      detector: NAME,
      subject: place.text,
      piece,
      title: piece.text,
      usual: `${nameText(event.tool)} goes to a new place of this kind in ${percentText(share)} of its calls`,
      tool: event.tool,
      isHistory: event.backfill === true,
    },
    view,
  );
}

function percentText(share: number): string {
  return share < 0.001 ? "less than 0.1 %" : `${Number((100 * share).toPrecision(2))} %`;
}

function statementOfSizes(shift: SizeShift, event: EventRecord, view: AgentView): Finding | undefined {
  const { zones, settings, now } = view;
  if (!view.speaking.may(NAME, "", "warning", now)) return undefined;
  const times = shift.bytes / shift.usual;
  const clock = `${zones.clock(settings.timezone, now)} ${zones.city(settings.timezone)}`;
  return makeFinding(view, {
    detector: NAME,
    subject: "",
    severity: "warning",
    window: { from: shift.from, to: now },
    unit: "bytes",
    observed: shift.bytes,
    expected: shift.usual,
    score: Math.min(300, shift.deviations ** 2 / 2 / Math.LN10),
    reason: "larger_sends",
    title: `sent ${timesText(times)} as much as usual`,
    facts: [
      `${bytesText(shift.bytes)} in ${plural(shift.sends, "send")} of the last hour at ${clock}`,
      `as many usually come to ${bytesText(shift.usual)}`,
    ],
    why: `each send is larger than ${nameText(event.tool)} usually is`,
    contributors: [{ name: event.tool, observed: shift.bytes, expected: shift.usual }],
    events: view.recent.last(event.tool),
    quietAfterMs: QUIET_AFTER_MS,
    endReason: "quiet for 30 minutes",
  });
}

function judgeSize(state: OutboundState, event: EventRecord, view: AgentView): Finding | undefined {
  const bytes = event.bytes_out ?? 0;
  if (!(bytes > 0)) return undefined;
  const tool = view.tools.indexOf(event.tool);
  const shift = event.backfill === true ? undefined : state.sizes.judge(tool, bytes, event.judged_at);
  state.sizes.learn(tool, bytes);
  if (shift === undefined || shift.deviations < MIN_DEVIATIONS || shift.sends < MIN_SENDS) return undefined;
  const minExcess = view.settings.detectors[NAME].minExcess;
  if (shift.bytes < MIN_RATIO * shift.usual || shift.bytes - shift.usual < minExcess) return undefined;
  return statementOfSizes(shift, event, view);
}

/** Hosts, mailboxes, accounts and channels against this agent's own; bytes against each tool's own. */
export const outbound: Detector<OutboundState> = {
  name: NAME,
  summary: "A destination that is new for this agent, judged by its kind, and sends that are far larger than usual.",
  page: {
    ready: "Once the agent worked in 12 runs; sizes of sends once those of the tool are known.",
    quieter: "Raise `minExcess` for larger sends. A destination that was seen on three different days is known.",
  },
  learnsExpected: (reason) => reason !== "larger_sends",
  stateVersion: 1,
  takes: { backfill: true },
  create: () => new OutboundState(),
  load: (saved) => new OutboundState(saved as SavedOutbound),
  onEvent(state, event, view) {
    if (event.kind === "decision") return NONE;
    let findings = NONE;
    for (const place of placesOf(event)) {
      const found = judgePlaceOf(state, place, event, view);
      if (found !== undefined) findings = [...findings, found];
    }
    const size = judgeSize(state, event, view);
    return size === undefined ? findings : [...findings, size];
  },
};
