/** The simulated fleet: a believable handful, each with its own hours. */
import type { DemoAgent } from "./profile.ts";
import { zoneWhereItIs } from "./zones.ts";

const isWeekend = (day: number) => day > 4;

/** A day's wave: low at 4 in the morning, high at 16. */
const wave = (hour: number) => 0.6 - 0.4 * Math.cos(((hour - 4) / 24) * 2 * Math.PI);

/** Zones are chosen by the clock: whenever it is shown, two agents are in mid-afternoon and one asleep. */
export function demoAgents(now: number): readonly DemoAgent[] {
  return [
    { ...competitorMonitor, timezone: zoneWhereItIs(14.5, now) },
    { ...supportTriage, timezone: "Europe/London" },
    { ...codeReviewer, timezone: zoneWhereItIs(15.5, now) },
    { ...dataSync, timezone: "UTC" },
    { ...invoiceBot, timezone: zoneWhereItIs(3, now) },
    { ...reportWriter, timezone: "Europe/Berlin" },
  ];
}

type Placeless = Omit<DemoAgent, "timezone">;

/** Two days old: it is still being learned, so only its budget speaks. */
const competitorMonitor: Placeless = {
  name: "competitor_monitor",
  days: 3,
  untilYesterday: true,
  rhythm: (_day, hour) => (hour >= 7 && hour < 20 ? 11 : 1),
  trigger: "schedule:every-5m",
  tools: [
    { kind: "api_call", tool: "competitor_api", weight: 6, subjects: ["/prices?page={n}"], dollars: 0.001, ms: 240 },
    { kind: "action", tool: "web_search", weight: 3, subjects: ["acme prices {n}", "globex list price {n}"], ms: 900 },
    { kind: "api_call", tool: "openai", weight: 3, subjects: ["/v1/chat"], dollars: 0.04, model: "gpt-5", ms: 2100 },
    { kind: "decision", tool: "alert_price_change", weight: 1, subjects: ["SKU-{n} dropped by 15 %"] },
    { kind: "action", tool: "send_slack_message", weight: 1, subjects: ["#pricing"], ms: 300 },
  ],
};

/** Around the clock, and the one whose dollars matter. */
const supportTriage: Placeless = {
  name: "support_triage",
  days: 28,
  rhythm: (day, hour) => 22 * wave(hour) * (isWeekend(day) ? 0.7 : 1),
  trigger: "webhook:zendesk",
  tools: [
    { kind: "action", tool: "read_ticket", weight: 5, subjects: ["ticket-{n}"], ms: 120 },
    {
      kind: "api_call",
      tool: "anthropic",
      weight: 5,
      subjects: ["/v1/messages"],
      dollars: 0.04,
      model: "claude-sonnet-5",
      ms: 3200,
    },
    {
      kind: "decision",
      tool: "route_ticket",
      weight: 3,
      subjects: ["ticket-{n} to billing", "ticket-{n} to engineering"],
    },
    { kind: "action", tool: "reply_to_customer", weight: 2, subjects: ["ticket-{n}"], ms: 400, failing: 0.02 },
  ],
};

const codeReviewer: Placeless = {
  name: "code_reviewer",
  days: 28,
  rhythm: (day, hour) => 44 * wave(hour) * (isWeekend(day) ? 0.8 : 1),
  trigger: "webhook:github",
  tools: [
    {
      kind: "action",
      tool: "read_file",
      weight: 8,
      subjects: ["src/module-{n}.ts", "test/module-{n}.test.ts"],
      ms: 15,
    },
    {
      kind: "action",
      tool: "run_tests",
      weight: 7,
      subjects: ["pull/{n}"],
      ms: 41_000,
      failing: 0.12,
      error: "2 of 148 tests failed",
    },
    {
      kind: "api_call",
      tool: "anthropic",
      weight: 4,
      subjects: ["/v1/messages"],
      dollars: 0.015,
      model: "claude-sonnet-5",
      ms: 5200,
    },
    { kind: "action", tool: "comment_on_pull_request", weight: 2, subjects: ["pull/{n}"], ms: 350 },
  ],
};

const dataSync: Placeless = {
  name: "data_sync",
  days: 28,
  rhythm: () => 12,
  trigger: "schedule:*/5 * * * *",
  tools: [
    { kind: "api_call", tool: "crm_api", weight: 6, subjects: ["/v2/contacts?cursor={n}"], dollars: 0.0004, ms: 480 },
    { kind: "action", tool: "upsert_rows", weight: 5, subjects: ["warehouse.contacts batch {n}"], ms: 800 },
    { kind: "decision", tool: "skip_unchanged", weight: 1, subjects: ["{n} of 500 rows unchanged"] },
  ],
};

/** Office hours, declared in the configuration. */
const invoiceBot: Placeless = {
  name: "invoice_bot",
  days: 28,
  rhythm: (day, hour) => (isWeekend(day) || hour < 8 || hour >= 19 ? 0 : 16),
  trigger: "mailbox:invoices@example.com",
  tools: [
    { kind: "action", tool: "read_attachment", weight: 4, subjects: ["invoice-{n}.pdf"], ms: 700 },
    {
      kind: "api_call",
      tool: "openai",
      weight: 3,
      subjects: ["/v1/responses"],
      dollars: 0.008,
      model: "gpt-5-mini",
      ms: 1500,
    },
    { kind: "decision", tool: "match_purchase_order", weight: 2, subjects: ["invoice {n} matches PO-{n}"] },
    { kind: "action", tool: "book_invoice", weight: 2, subjects: ["ledger/2026/{n}"], ms: 260 },
  ],
};

/** Office hours that nobody declared: they are learned. */
const reportWriter: Placeless = {
  name: "report_writer",
  days: 28,
  rhythm: (day, hour) => (isWeekend(day) || hour < 7 || hour >= 17 ? 0 : 14),
  trigger: "person:dana",
  tools: [
    { kind: "action", tool: "query_warehouse", weight: 5, subjects: ["revenue by region, week {n}"], ms: 2600 },
    {
      kind: "api_call",
      tool: "gemini",
      weight: 3,
      subjects: ["/v1/models/gemini-3-pro:generate"],
      dollars: 0.011,
      model: "gemini-3-pro",
      ms: 2900,
    },
    { kind: "action", tool: "render_chart", weight: 2, subjects: ["chart-{n}.svg"], ms: 190 },
    { kind: "action", tool: "publish_report", weight: 1, subjects: ["reports/weekly-{n}"], ms: 420 },
  ],
};
