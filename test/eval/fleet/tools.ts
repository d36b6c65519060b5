/** What agents of each trade use, in which order, and where it goes. */

/** Where a call goes. */
type Destination =
  | { readonly to: "own"; readonly host: string }
  /** An outside service that many agents use. */
  | { readonly to: "service"; readonly host: string }
  /** A person at a customer; new ones come every day. */
  | { readonly to: "customer" }
  /** A page of the web, of known and of new sites. */
  | { readonly to: "page" }
  | { readonly to: "files" }
  | { readonly to: "nowhere" };

export interface Tool {
  readonly name: string;
  readonly kind: "action" | "api";
  readonly goes: Destination;
  /** Median duration. */
  readonly ms: number;
  /** Share of calls that fail. */
  readonly fails: number;
  /** Median bytes sent out; 0: none are stated. */
  readonly bytes: number;
  /** Calls a language model: tokens and a cost. */
  readonly thinks: boolean;
  /** Reads text that a stranger wrote. */
  readonly outside: boolean;
  /** Needs `approved_by`. */
  readonly irreversible: boolean;
}

/** One step of a workflow: so many calls of a tool, in some of the runs. */
export interface Step {
  readonly tool: Tool;
  readonly least: number;
  readonly most: number;
  /** Share of runs that have it. */
  readonly chance: number;
  /** The same call until a job is done: honest repeats with an unchanged answer, every few seconds. */
  readonly waits?: true;
}

export interface Workflow {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly weight: number;
}

const NOWHERE: Destination = { to: "nowhere" };
const own = (host: string): Destination => ({ to: "own", host: `${host}.acme.example` });
const service = (host: string): Destination => ({ to: "service", host });

function tool(name: string, kind: Tool["kind"], goes: Destination, more: Partial<Tool> = {}): Tool {
  const base = { ms: 250, fails: 0.01, bytes: 0, thinks: false, outside: false, irreversible: false };
  return { ...base, ...more, name, kind, goes };
}

function step(used: Tool, least = 1, most = least, chance = 1): Step {
  return { tool: used, least, most, chance };
}

const waiting = (used: Tool, least: number, most: number): Step => ({ ...step(used, least, most), waits: true });

const think = (name: string, host: string): Tool =>
  tool(name, "api", service(host), { ms: 2400, fails: 0.02, bytes: 6000, thinks: true });

const OPENAI = think("openai", "api.openai.com");
const ANTHROPIC = think("anthropic", "api.anthropic.com");
const SEARCH = tool("web_search", "api", service("api.search.example.net"), { ms: 700, fails: 0.02, outside: true });
const FETCH = tool("fetch_page", "action", { to: "page" }, { ms: 900, fails: 0.05, outside: true });
const SLACK = tool("send_slack_message", "action", service("slack.com"), { ms: 300, bytes: 400 });
const MAIL = tool("send_email", "action", { to: "customer" }, { ms: 500, bytes: 2500, irreversible: true });
const INBOX = tool("read_email", "action", own("mail"), { ms: 350, outside: true });
const TICKET = tool("read_ticket", "action", own("helpdesk"), { outside: true });
const REPLY = tool("send_reply", "action", { to: "customer" }, { ms: 400, bytes: 1800 });
const KNOWLEDGE = tool("search_kb", "api", own("kb"), { ms: 150 });
const CRM_READ = tool("crm_lookup", "api", own("crm"), { ms: 180, fails: 0.02 });
const CRM_WRITE = tool("update_crm", "action", own("crm"), { ms: 220, fails: 0.02, bytes: 700 });
const REFUND = tool("issue_refund", "action", own("pay"), { ms: 600, irreversible: true });
const READ_FILE = tool("read_file", "action", { to: "files" }, { ms: 12 });
const EDIT_FILE = tool("edit_file", "action", { to: "files" }, { ms: 20 });
const TESTS = tool("run_tests", "action", NOWHERE, { ms: 30_000, fails: 0.12 });
const PUSH = tool("git_push", "action", service("github.com"), { ms: 1500, fails: 0.03, bytes: 30_000 });
const PULL_REQUEST = tool("open_pull_request", "api", service("api.github.com"), { ms: 700, bytes: 3000 });
const ENRICH = tool("enrich_company", "api", service("api.companies.example.org"), { ms: 600, fails: 0.05 });
const METRICS = tool("query_metrics", "api", own("metrics"), { ms: 90, fails: 0.03 });
const RESTART = tool("restart_service", "action", own("cluster"), { ms: 5000, fails: 0.04, irreversible: true });
const INVOICES = tool("list_invoices", "api", own("erp"), { ms: 500 });
const INVOICE = tool("get_invoice", "api", own("erp"), { ms: 120, fails: 0.02 });
const LEDGER = tool("post_ledger", "action", own("erp"), { ms: 260, fails: 0.02, bytes: 900 });
const SQL = tool("run_sql", "api", own("warehouse"), { ms: 1800, fails: 0.04 });
const UPLOAD = tool("upload_report", "action", own("storage"), { ms: 900, bytes: 250_000 });
const JOB = tool("job_status", "api", own("jobs"), { ms: 60 });
const NOTE = tool("write_note", "action", own("notes"), { ms: 200, bytes: 3000 });

/** Tools that a deploy may bring, to agents of any trade. */
export const LATER_TOOLS: readonly Tool[] = [
  tool("vector_lookup", "api", own("vectors"), { ms: 60 }),
  tool("translate_text", "api", service("api.translate.example.org"), { ms: 300, bytes: 1500 }),
  tool("calendar_lookup", "api", own("calendar"), { ms: 120 }),
  tool("render_chart", "action", NOWHERE, { ms: 700 }),
  tool("check_stock", "api", own("stock"), { ms: 90 }),
];

export type Trade = "support" | "research" | "coding" | "sales" | "operations" | "finance" | "data";

function flow(name: string, weight: number, ...steps: readonly Step[]): Workflow {
  return { name, weight, steps };
}

export const TRADES: Readonly<Record<Trade, readonly Workflow[]>> = {
  support: [
    flow("answer", 8, step(TICKET), step(KNOWLEDGE, 1, 3), step(OPENAI, 1, 2), step(REPLY), step(CRM_WRITE, 1, 1, 0.6)),
    flow("refund", 1, step(TICKET), step(CRM_READ), step(OPENAI), step(REFUND), step(REPLY), step(CRM_WRITE)),
    flow("triage", 4, step(INBOX, 1, 2), step(OPENAI), step(SLACK, 1, 1, 0.3)),
  ],
  research: [
    flow("report", 5, step(SEARCH, 1, 3), step(FETCH, 2, 6), step(ANTHROPIC, 1, 3), step(NOTE), step(SLACK, 1, 1, 0.3)),
    flow("question", 4, step(SEARCH), step(FETCH, 1, 2), step(ANTHROPIC), step(SLACK)),
  ],
  coding: [
    flow(
      "change",
      4,
      step(READ_FILE, 3, 8),
      step(ANTHROPIC, 2, 4),
      step(EDIT_FILE, 1, 3),
      step(TESTS, 1, 2),
      step(PUSH),
    ),
    flow("review", 3, step(READ_FILE, 2, 5), step(ANTHROPIC, 1, 2), step(PULL_REQUEST)),
  ],
  sales: [
    flow("outreach", 4, step(CRM_READ), step(ENRICH), step(FETCH, 1, 2), step(OPENAI), step(MAIL), step(CRM_WRITE)),
    flow("follow_up", 3, step(INBOX), step(CRM_READ), step(OPENAI), step(MAIL, 1, 1, 0.8)),
  ],
  operations: [
    flow("look", 9, step(METRICS, 2, 5), step(SLACK, 1, 1, 0.15)),
    flow("repair", 1, step(METRICS, 2, 3), step(OPENAI), step(RESTART), step(METRICS, 1, 2), step(SLACK)),
  ],
  finance: [
    flow("book", 5, step(INVOICES), step(INVOICE, 2, 5), step(OPENAI), step(LEDGER, 1, 4)),
    flow("check", 2, step(INVOICE, 1, 3), step(SQL), step(NOTE)),
  ],
  data: [
    flow("analysis", 5, step(SQL, 2, 5), step(ANTHROPIC, 1, 2), step(UPLOAD, 1, 1, 0.7)),
    flow("refresh", 4, step(SQL, 1, 3), waiting(JOB, 2, 9), step(UPLOAD)),
  ],
};

/** Most of the calls of a tool that fail, however flaky the agent's world is. */
const MOST_FAIL = 0.25;

/** Share of calls that fail, for an agent with so many times the usual share. */
export function failureOf({ fails }: Tool, flakiness: number): number {
  return Math.min(MOST_FAIL, fails * flakiness);
}

/** Calls that one use of a tool comes to: a failed one is tried again, twice at the most. */
export function triesOf(used: Tool, flakiness: number): number {
  const failure = failureOf(used, flakiness);
  return 1 + failure + failure ** 2;
}

/** Mean calls of each tool in a run, over the workflows as often as they come, retries counted. */
export function meanUses(workflows: readonly Workflow[], flakiness: number): ReadonlyMap<Tool, number> {
  const total = workflows.reduce((sum, { weight }) => sum + weight, 0);
  const uses = new Map<Tool, number>();
  for (const { steps, weight } of workflows) {
    for (const { tool: used, least, most, chance, waits } of steps) {
      const tries = waits === true ? 1 : triesOf(used, flakiness);
      uses.set(used, (uses.get(used) ?? 0) + ((weight / total) * tries * chance * (least + most)) / 2);
    }
  }
  return uses;
}
