/** Weeks of history, as bodies for `POST /v1/events?backfill=1`. */
import { eventLine } from "./event-line.ts";
import type { DemoAgent } from "./profile.ts";
import { pick, poisson, type Random } from "./random.ts";
import { localHour, startOfDay } from "./zones.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Lines of one body. */
const BATCH = 5_000;

/** The events of all agents in order of time, from their first day up to `until`, 5,000 lines a body. */
export function* demoHistory(agents: readonly DemoAgent[], until: number, random: Random): Generator<string> {
  const first = until - Math.max(...agents.map((agent) => agent.days)) * DAY;
  let body: string[] = [];
  for (let hour = Math.floor(first / HOUR) * HOUR; hour < until; hour += HOUR) {
    const moments = agents.flatMap((agent) => momentsOf(agent, hour, until, random));
    moments.sort((a, b) => a.at - b.at);
    for (const { agent, at } of moments) {
      body.push(eventLine(agent, pick(agent.tools, random), at, random).line);
      if (body.length >= BATCH) {
        yield `${body.join("\n")}\n`;
        body = [];
      }
    }
  }
  if (body.length > 0) yield `${body.join("\n")}\n`;
}

/** When this agent acts in this hour. */
function momentsOf(agent: DemoAgent, hour: number, until: number, random: Random) {
  const start = Math.floor((until - agent.days * DAY) / DAY) * DAY;
  const end = agent.untilYesterday ? startOfDay(agent.timezone, until) : until;
  if (hour < start || hour >= end) return [];
  const { day, hour: of } = localHour(agent.timezone, hour);
  return Array.from({ length: poisson(agent.rhythm(day, of), random) }, () => ({
    agent,
    at: Math.floor(hour + random() * HOUR),
  })).filter(({ at }) => at < end);
}
