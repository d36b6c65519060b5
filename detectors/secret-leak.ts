/** A credential in an event. Intake has taken it out before anything was stored; what is left is its kind and its place. */
import type { Finding, Severity } from "../schemas/finding.ts";
import type { EventRecord } from "../schemas/journal.ts";
import type { AgentView, Detector } from "./detector.ts";
import { makeFinding } from "./finding.ts";
import { markedFields } from "./secret-leak/fields.ts";
import { nameText, plural } from "./text/numbers.ts";
import { type Episode, Episodes } from "./window/episodes.ts";

const NAME = "secret-leak";
/** Who leaks a key every few hours has one incident, not one for each time. */
const QUIET_AFTER_MS = 24 * 3_600_000;
/** More than there are kinds. */
const MAX_EPISODES = 40;

const NONE: readonly Finding[] = [];

/** Known by the name before it or by its place alone: an example or a dummy is taken for one more easily. */
const BY_NAME: ReadonlySet<string> = new Set([
  ...["password", "secret", "token", "authorization"],
  ...["bearer_token", "basic_credentials", "connection_string"],
]);

const NAMES: Readonly<Record<string, string>> = {
  ai_provider_key: "a key of an AI provider",
  anthropic_key: "an Anthropic key",
  authorization: "an authorization header",
  aws_key_id: "an AWS key id",
  basic_credentials: "a user name with a password",
  bearer_token: "a bearer token",
  connection_string: "a connection string with a password",
  github_token: "a GitHub token",
  gitlab_token: "a GitLab token",
  huggingface_token: "a Hugging Face token",
  jwt: "a signed token (JWT)",
  npm_token: "an npm token",
  openai_key: "an OpenAI key",
  password: "a password",
  private_key: "a private key",
  secret: "a secret",
  sendgrid_key: "a SendGrid key",
  slack_webhook: "a Slack webhook",
  token: "a token",
};

/** "a GitHub token"; kinds without a name of their own as they are called. */
function kindText(kind: string): string {
  const words = kind.replaceAll("_", " ");
  return NAMES[kind] ?? `a ${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

function statement(kind: string, severity: Severity, episode: Episode, event: EventRecord, view: AgentView): Finding {
  const { zones, settings, now } = view;
  const clock = `${zones.clock(settings.timezone, now)} ${zones.city(settings.timezone)}`;
  const fields = markedFields(event.raw, kind).map(nameText);
  const place = fields.length === 0 ? "" : `in ${fields.join(" and ")} of `;
  return makeFinding(view, {
    detector: NAME,
    subject: kind,
    severity,
    window: { from: episode.since, to: now },
    unit: "records",
    observed: episode.count,
    expected: 0,
    reason: "secret_in_event",
    title: `wrote ${kindText(kind)} into an event`,
    facts: [
      `${place}${nameText(event.tool)} at ${clock}`,
      ...(episode.count > 1
        ? [`${plural(episode.count, "event")} since ${zones.clock(settings.timezone, episode.since)}`]
        : []),
      `stored as [redacted:${kind}]`,
    ],
    why: "whoever read the event before it came here can use it: revoke it, and keep it out of what the agent logs",
    contributors: [{ name: nameText(event.tool), observed: episode.count, expected: null }],
    events: view.recent.last(event.tool),
    quietAfterMs: QUIET_AFTER_MS,
    endReason: "not again for 24 hours",
  });
}

/** Events out of which intake took something; late ones too, since a key is out whenever it was written. */
export const secretLeak: Detector<Episodes> = {
  name: NAME,
  summary: "A key, token or password stood in an event; its kind and its field are told, never the secret itself.",
  page: {
    ready: "From the first event.",
    quieter: "Keep keys out of what the agent logs. What intake takes out of an event is always told.",
  },
  stateVersion: 1,
  takes: { late: true },
  create: () => new Episodes(MAX_EPISODES),
  load: (saved) => new Episodes(MAX_EPISODES, saved as readonly Episode[]),
  onEvent(state, event, view) {
    if (event.redacted === undefined) return NONE;
    const findings: Finding[] = [];
    for (const kind of Object.keys(event.redacted).sort()) {
      const episode = state.touch(kind, view.now, QUIET_AFTER_MS);
      const severity = BY_NAME.has(kind) ? "warning" : "critical";
      if (view.speaking.may(NAME, kind, severity, view.now)) {
        findings.push(statement(kind, severity, episode, event, view));
      }
    }
    return findings;
  },
};
