/** An agent at ordinary work: the history before the examples on the pages of the detectors. */
import { createZones, DAY_MS, HOUR_MS } from "../../detectors/time/zones.ts";
import { random } from "../detectors/fleet.ts";

/** An event as a producer writes it, and when. */
export interface Line {
  readonly at: number;
  readonly agent: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export const AGENT = "competitor_monitor";
export const ZONE = "Europe/Berlin";
/** Monday 2026-01-05 00:00 UTC. */
const START = Date.UTC(2026, 0, 5);
/** A Tuesday after three weeks, 14:00 in Berlin. */
export const LIVE = START + 22 * DAY_MS + 13 * HOUR_MS;

const MINUTE_MS = 60_000;
const RUN_EVERY_MS = 12 * MINUTE_MS;

export function line(at: number, fields: Readonly<Record<string, unknown>>, agent = AGENT): Line {
  return { at, agent, fields: { timestamp: new Date(at).toISOString(), agent, ...fields } };
}

/** One call of its model, with the amounts it usually has, give or take a fifth. */
export function modelCall(at: number, vary: () => number, more: Readonly<Record<string, unknown>> = {}): Line {
  const around = (usual: number) => Math.round(usual * (0.8 + 0.4 * vary()));
  return line(at, {
    api: "openai",
    endpoint: "/v1/chat",
    model: "gpt-5-mini",
    input_tokens: around(2_000),
    output_tokens: around(400),
    duration_ms: around(1_800),
    cost: (around(30) / 1000).toFixed(3),
    details: { prompt: `compare the prices seen at ${new Date(at).toISOString()}` },
    ...more,
  });
}

/** A search, a page that is read, a model that thinks about it, a message now and then. */
function run(at: number, number: number, vary: () => number): Line[] {
  const id = { run: `run-${number}` };
  const product = `product ${number % 40}`;
  const lines = [
    line(at, { action: "web_search", details: { query: `${product} price ${number}` }, ...id }),
    line(at + 4_000, { action: "read_page", target: `https://shop.example.com/p/${number}`, ...id }),
    modelCall(at + 9_000, vary, id),
  ];
  if (vary() < 0.4) lines.push(modelCall(at + 14_000, vary, id));
  if (number % 3 === 0) {
    const message = `${product}: nothing new (${number})`;
    lines.push(
      line(at + 20_000, {
        action: "send_slack_message",
        target: "#pricing",
        bytes_out: 400,
        details: { message },
        ...id,
      }),
    );
  }
  return lines;
}

/** Three weeks of work by day, Monday to Friday, up to `LIVE`; the same on every call. */
export function ordinaryWork(): Line[] {
  const vary = random(20_260_127);
  const zones = createZones();
  const lines: Line[] = [];
  let number = 0;
  for (let at = START; at < LIVE - 5 * MINUTE_MS; at += RUN_EVERY_MS) {
    const cell = zones.hourOfWeek(ZONE, at);
    const [day, hour] = [Math.floor(cell / 24), cell % 24];
    if (day > 4 || hour < 8 || hour >= 18) continue;
    lines.push(...run(at + Math.floor(vary() * 5 * MINUTE_MS), number++, vary));
  }
  return lines;
}
