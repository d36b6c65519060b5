/** `watchkeeper incidents`: what is open, and what people say of it. */
import { z } from "zod";
import { scopeWords } from "../schemas/scope.ts";
import type { TextOut } from "./ask.ts";
import { moment } from "./format.ts";
import { pad, plain } from "./plain-text.ts";
import { jsonLine } from "./result-table.ts";

export interface IncidentCommands {
  list(options: { readonly state: string; readonly format: "text" | "json" }): Promise<void>;
  ack(id: string, options: { readonly by: string }): Promise<void>;
  expected(id: string, options: { readonly by: string }): Promise<void>;
}

export interface IncidentCommandsOptions {
  /** Asks the running `up`: GET, or POST with a body. */
  readonly ask: (path: string, body?: object) => Promise<unknown>;
  readonly out: TextOut;
  /** IANA zone in which times are shown. */
  readonly timezone: string;
}

const incident = z.looseObject({
  id: z.string(),
  scope: z.looseObject({ kind: z.string(), name: z.string() }),
  detector: z.string(),
  state: z.string(),
  severity: z.string(),
  title: z.string(),
  openedAt: z.string(),
  resolvedAt: z.string().nullable(),
  acknowledgedBy: z.string().nullable(),
});
type Shown = z.infer<typeof incident>;

const listed = z.object({ incidents: z.array(incident) });
const said = z.object({ incident });

export function createIncidentCommands({ ask, out, timezone }: IncidentCommandsOptions): IncidentCommands {
  const say = async (id: string, act: string, by: string): Promise<Shown> =>
    said.parse(await ask(`/v1/incidents/${encodeURIComponent(id)}/${act}`, { by })).incident;
  return {
    async list({ state, format }) {
      const { incidents } = listed.parse(await ask(`/v1/incidents?state=${encodeURIComponent(state)}`));
      if (format === "json") for (const one of incidents) await out.write(jsonLine(one));
      else if (incidents.length === 0)
        await out.write(state === "all" ? "No incidents.\n" : `No ${state} incidents.\n`);
      else for (const one of incidents) await out.write(incidentText(one, timezone));
    },
    async ack(id, { by }) {
      const one = await say(id, "ack", by);
      const before = one.acknowledgedBy === null ? "" : ` already by ${plain(one.acknowledgedBy)}`;
      await out.write(`acknowledged${before}: ${titleOf(one)}\n`);
    },
    async expected(id, { by }) {
      const one = await say(id, "expected", by);
      await out.write(
        `expected: ${titleOf(one)}\nIt is learned as usual, and told again only when it goes beyond this.\n`,
      );
    },
  };
}

function titleOf({ scope, title }: Shown): string {
  return `${plain(scopeWords(scope)) || "(unreadable name)"} ${plain(title)}`;
}

function incidentText(one: Shown, timezone: string): string {
  const { id, detector, state, severity, openedAt, resolvedAt, acknowledgedBy } = one;
  const until = resolvedAt === null ? state : `resolved ${moment(resolvedAt, timezone)}`;
  const by = acknowledgedBy === null ? "" : ` by ${plain(acknowledgedBy)}`;
  return `${id}  ${pad(severity, 8)}  ${titleOf(one)}\n  ${plain(detector)}, opened ${moment(openedAt, timezone)}, ${until}${by}\n`;
}
