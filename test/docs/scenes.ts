/** What goes wrong in the example of each detector: lines after three weeks of ordinary work. */
import { HOUR_MS } from "../../detectors/time/zones.ts";
import { AGENT, LIVE, type Line, line, modelCall, ZONE } from "./ordinary-work.ts";

export interface Scene {
  /** The case in words, for the reader of the example. */
  readonly about: string;
  readonly lines: readonly Line[];
  /** Of the agent; the rest is as if nobody had written anything. */
  readonly config?: Readonly<Record<string, unknown>>;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
const usual = () => 0.5;

/** So many lines, evenly from `LIVE` on. */
function each(count: number, everyMs: number, make: (at: number, index: number) => Line): Line[] {
  return Array.from({ length: count }, (_, index) => make(LIVE + index * everyMs, index));
}

const search = (query: string) => ({ action: "web_search", details: { query } });
const budgets = [{ amount: 10, unit: "usd", period: "day" }];

/** No key of anybody; put together, so that no file holds the look of one. */
const madeUpKey = () => ["sk", "proj", "0123456789abcdefghijABCDEFGHIJ"].join("-");

export const SCENES: Readonly<Record<string, Scene>> = {
  budget: {
    about: "A limit of $10 a day, used faster than on other days.",
    config: { budgets },
    lines: each(40, 30 * SECOND_MS, (at) => modelCall(at, usual, { cost: "0.190" })),
  },
  "error-loop": {
    about: "The same error again and again, with other arguments each time.",
    lines: each(14, 20 * SECOND_MS, (at, i) =>
      line(at, { ...search(`acme ${i}`), success: false, error: "quota exceeded" }),
    ),
  },
  integrity: {
    about: "One id comes again with other contents.",
    lines: each(4, 5 * MINUTE_MS, (at, i) => line(at, { id: "order-7", ...search(`acme prices ${i}`) })),
  },
  loop: {
    about: "One call with the same arguments every two seconds.",
    lines: each(20, 2 * SECOND_MS, (at) => line(at, { ...search("acme prices"), success: true })),
  },
  novelty: {
    about: "Three tools that it never used, in one run.",
    lines: ["list_secrets", "export_table", "upload_file"].map((action, i) =>
      line(LIVE + i * 20 * SECOND_MS, { action, run: "run-x", details: { step: i } }),
    ),
  },
  "off-hours": {
    about: "Work at night, of an agent that never works then; nobody declared hours.",
    lines: each(6, MINUTE_MS, (at, i) => line(at + 13 * HOUR_MS, search(`acme at night ${i}`))),
  },
  outbound: {
    about: "Four calls to a raw address, by a tool that it never used.",
    lines: each(4, 10 * SECOND_MS, (at, i) =>
      line(at, { action: "http_post", target: `http://203.0.113.7/collect?part=${i}`, run: "run-x" }),
    ),
  },
  policy: {
    about: "A tool that the list denies.",
    config: { tools: { deny: ["delete_*"] } },
    lines: [line(LIVE, { action: "delete_record", target: "crm/1207", success: true })],
  },
  "price-coverage": {
    about: "From one call on, no cost is reported; there is a limit in dollars.",
    config: { budgets },
    lines: each(14, MINUTE_MS, (at) => modelCall(at, usual, { cost: undefined })),
  },
  resource: {
    about: "Calls with ten times the tokens.",
    lines: each(12, MINUTE_MS, (at) => modelCall(at, usual, { input_tokens: 20_000 })),
  },
  "secret-leak": {
    about: "A key in the arguments of a call.",
    lines: [
      line(LIVE, { action: "send_slack_message", target: "#pricing", details: { message: `key: ${madeUpKey()}` } }),
    ],
  },
  silence: {
    about: "It stops in the middle of its working day, and somebody wrote two hours.",
    config: { hours: ["Mon-Fri 08:00-18:00"], detectors: { silence: { after: "2h" } } },
    lines: [line(LIVE + 3 * HOUR_MS, search("another agent moves the clock"), "price_watcher")],
  },
  spend: {
    about: "As many calls as ever, each ten times as dear.",
    lines: each(8, 6 * MINUTE_MS, (at) => modelCall(at, usual, { cost: "0.300" })),
  },
  "tool-frequency": {
    about: "A tool six times as often as at this hour of other weeks.",
    lines: each(40, MINUTE_MS, (at, i) => line(at, search(`acme prices ${i}`))),
  },
};

/** The configuration of a scene as a person would write it. */
export function configOf({ config }: Scene): unknown {
  return { agents: { [AGENT]: { timezone: ZONE, ...config } } };
}
