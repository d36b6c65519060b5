/** Calls that cost money and have no price: what is spent on them no budget sees. */
import type { Finding, Severity } from "../schemas/finding.ts";
import type { EventRecord } from "../schemas/journal.ts";
import type { AgentView, Detector, DetectorState } from "./detector.ts";
import { makeFinding } from "./finding.ts";
import { LAST, type Named, newPricedCalls, type PricedCalls, takePriced, unpricedOf } from "./pricing/priced-calls.ts";
import { nameText, plural } from "./text/numbers.ts";

const NAME = "price-coverage";
const QUIET_AFTER_MS = 24 * 3_600_000;

const NONE: readonly Finding[] = [];

class Coverage implements DetectorState {
  readonly calls: PricedCalls;

  constructor(calls: PricedCalls) {
    this.calls = calls;
  }

  save(): PricedCalls {
    return this.calls;
  }
}

/** A written limit in dollars that goes blind is worth a page; without one it is something for the review. */
function severityOf({ covered }: PricedCalls, { settings }: AgentView): Severity {
  return covered === LAST && settings.budgets.some(({ unit }) => unit === "usd") ? "warning" : "info";
}

function whyOf(named: Named, event: EventRecord, { zones, settings }: AgentView): string {
  const what = event.model === undefined ? nameText(named.name) : `model ${nameText(named.name)}`;
  if (named.pricedAt === 0) {
    return event.model === undefined
      ? `${what} tells tokens but no model and no cost`
      : `${what} is in no entry of "prices", and its calls tell no cost`;
  }
  const { timezone } = settings;
  const day = zones.period(timezone, "day", named.pricedAt).key;
  return `${what} had a price until ${day} ${zones.clock(timezone, named.pricedAt)} ${zones.city(timezone)}`;
}

function statement(state: Coverage, named: Named, event: EventRecord, view: AgentView): Finding {
  const { calls } = state;
  const { zones, settings, now } = view;
  const unpriced = unpricedOf(calls);
  const clock = `${zones.clock(settings.timezone, now)} ${zones.city(settings.timezone)}`;
  const severity = view.speaking.atLeast(NAME, "", severityOf(calls, view), now);
  const isBlind = settings.budgets.some(({ unit }) => unit === "usd");
  return makeFinding(view, {
    detector: NAME,
    subject: "",
    severity,
    window: { from: named.pricedAt === 0 ? now : named.pricedAt, to: now },
    unit: "calls",
    observed: unpriced,
    expected: calls.covered === LAST ? 0 : null,
    reason: calls.covered === LAST ? "price_lost" : "no_price",
    title: isBlind ? "makes calls without a price: its budget does not see them" : "makes calls without a price",
    facts: [
      `${unpriced} of the last ${plural(calls.count, "call")} that cost money have none, at ${clock}`,
      ...(calls.covered === LAST ? ["until now all had one"] : []),
    ],
    why: whyOf(named, event, view),
    contributors: [{ name: nameText(named.name), observed: named.unpriced, expected: null }],
    events: view.recent.last(event.tool),
    quietAfterMs: QUIET_AFTER_MS,
    endReason: "not again for 24 hours",
  });
}

/** The last 20 calls that cost money, over the share that may go without a price. */
export const priceCoverage: Detector<Coverage> = {
  name: NAME,
  summary: "Calls that cost money have no price, so that no budget and no figure in dollars holds what they cost.",
  page: {
    ready: "After 20 calls that cost money.",
    quieter:
      "Send `cost` with calls, or write `prices` for the models. Raise `minShare` where calls without a price are usual.",
  },
  stateVersion: 1,
  create: () => new Coverage(newPricedCalls()),
  load: (saved) => new Coverage(saved as PricedCalls),
  onEvent(state, event, view) {
    const named = takePriced(state.calls, event, view.now);
    if (named === undefined) return NONE;
    const { minShare } = view.settings.detectors[NAME];
    if (unpricedOf(state.calls) < minShare * LAST) return NONE;
    const isDue = view.speaking.may(NAME, "", severityOf(state.calls, view), view.now);
    return isDue ? [statement(state, named, event, view)] : NONE;
  },
};
