/** Which channel an incident goes to. */
import type { Config } from "../../schemas/config.ts";
import type { Incident } from "../../schemas/incident.ts";

export type ChannelOf = (incident: Pick<Incident, "scope" | "agent" | "detector" | "severity">) => string;

/** The first route that matches wins; else `fallback` (`slack.channel`, `SLACK_CHANNEL`). */
export function createRouter(config: Pick<Config, "routes" | "agents">, fallback: string): ChannelOf {
  return ({ scope, agent, detector, severity }) => {
    const ofAgent = Object.hasOwn(config.agents, agent) ? config.agents[agent]?.team : undefined;
    const team = scope.kind === "team" ? scope.name : ofAgent;
    const route = config.routes.find(
      ({ match }) =>
        (match.agent === undefined || match.agent === agent) &&
        (match.team === undefined || match.team === team) &&
        (match.detector === undefined || match.detector === detector) &&
        (match.severity === undefined || match.severity === severity),
    );
    return route?.channel ?? fallback;
  };
}
