/** Incidents as lines of a terminal. Pure; colours are handed in. */
import type { Colors } from "picocolors/types.js";
import type { Incident } from "../../schemas/incident.ts";
import { scopeWords } from "../../schemas/scope.ts";
import { plain } from "./plain-text.ts";
import type { Content } from "./sink.ts";
import { amountWords, clockWords, durationWords, endWords, factsOf, lateWords, whyOf } from "./words.ts";

export interface TerminalLook {
  readonly colors: Colors;
  readonly timezoneOf: (agent: string) => string;
}

/** A name may consist of nothing that can be shown. */
function nameOf(incident: Incident): string {
  return plain(scopeWords(incident.scope), 80) || "(unreadable name)";
}

function head(incident: Incident, { colors }: TerminalLook): string {
  const critical = incident.severity === "critical";
  const icon = critical ? colors.red("‼") : incident.severity === "warning" ? colors.yellow("⚠") : colors.cyan("ℹ");
  const paint = critical ? colors.red : incident.severity === "warning" ? colors.yellow : colors.cyan;
  return `${icon} ${colors.bold(paint(nameOf(incident)))} ${colors.bold(plain(incident.finding.title, 200))}`;
}

function whole(incident: Incident, look: TerminalLook): string[] {
  const { colors } = look;
  const timezone = look.timezoneOf(incident.agent);
  const facts = factsOf(incident)
    .slice(0, 6)
    .map((fact) => plain(fact, 160));
  const why = plain(whyOf(incident), 300);
  const events = incident.finding.events.slice(-3).reverse();
  const last = events.map(({ at, tool, note, cost }) => {
    const parts = [plain(tool, 60), plain(note, 60), cost === undefined ? "" : amountWords(Number(cost), "usd")];
    return `${colors.dim(clockWords(at, timezone))} ${parts.filter((part) => part !== "").join(" ")}`;
  });
  const lines = [
    head(incident, look),
    `  ${facts.join(" · ")}`,
    why === "" ? "" : `  ${colors.dim("Why:")}  ${why}`,
    last.length === 0 ? "" : `  ${colors.dim("Last:")} ${last.join(" · ")}`,
    ...incident.hides.map((line) => `  ${colors.dim("Also:")} ${plain(line, 120)}`),
  ];
  return lines.filter((line) => line.trim() !== "");
}

function update(incident: Incident, { colors }: TerminalLook): string {
  const agent = nameOf(incident);
  const title = plain(incident.finding.title, 160);
  if (incident.state === "resolved") {
    return `${colors.green("✓")} ${colors.bold(agent)} ${colors.dim(`${title} ·`)} ${plain(endWords(incident), 160)}`;
  }
  const facts = factsOf(incident)
    .slice(0, 2)
    .map((fact) => plain(fact, 120));
  return `${colors.dim("↻")} ${colors.bold(agent)} ${title} ${colors.dim(["", ...facts].join(" · ").trim())}`;
}

/** Lines without a line break at the end. What was shown before (`edit`) is told in one line. */
export function renderTerminal(content: Content, edit: boolean, look: TerminalLook): readonly string[] {
  switch (content.kind) {
    case "incident": {
      const { incident } = content;
      return edit || incident.state === "resolved" ? [update(incident, look)] : whole(incident, look);
    }
    case "group": {
      const changed = content.incidents.filter(({ id }) => content.changed.has(id));
      const lines = changed.map((incident) =>
        edit || incident.state === "resolved" ? update(incident, look) : head(incident, look),
      );
      if (content.late !== true || edit) return lines;
      return [`${changed.length} alerts, ${lateWords(changed, look.timezoneOf(""))}:`, ...lines];
    }
    case "reply": {
      const { incident, step } = content;
      const again =
        step === "reopened" ? look.colors.dim(" (again)") : step === "raised" ? ` (now ${incident.severity})` : "";
      const [first, ...rest] = whole(incident, look);
      return [`${first ?? ""}${again}`, ...rest];
    }
    case "reminder":
      return content.incidents.map((incident) => {
        const open = `still open after ${durationWords(content.now - incident.openedAt)}`;
        return `${head(incident, look)} ${look.colors.dim(open)}`;
      });
  }
}
