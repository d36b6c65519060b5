/** Compares what must be with what is, once nothing moves any more. Every difference is one line. */
import { setTimeout as delay } from "node:timers/promises";
import type { ClickHouseClient } from "@clickhouse/client";
import type { LogRecord } from "../../../ingest/log/event-log.ts";
import type { ScopeRecord } from "../../../schemas/scope.ts";
import type { SlackMessage } from "../../fakes/slack-server.ts";
import { payloadOf } from "../torture.ts";
import type { Expected } from "./expected.ts";
import type { Ledger } from "./ledger.ts";
import { FIRST_WARNING, LIMITS } from "./plan.ts";

export interface Found {
  readonly client: ClickHouseClient;
  readonly expected: Expected;
  readonly ledger: Ledger;
  /** Lines refused by gateways, each once. */
  readonly refused: number;
  /** Reads the topic of dead letters. */
  readonly letters: () => Promise<readonly LogRecord[]>;
  readonly messages: readonly SlackMessage[];
}

export interface Verdict {
  readonly stored: number;
  readonly rolledUp: number;
  readonly deadLetters: number;
  /**
   * Dead letters of the inlet that stand in their topic more than once, and once in the table. A broker that dies while
   * it ends a transaction may leave it open and let the next one of the same writer commit both (KAFKA-20734).
   */
  readonly lettersWrittenAgain: number;
  readonly scopes: number;
  readonly incidents: number;
  readonly messages: number;
  readonly differences: readonly string[];
}

type Ask = <Row>(query: string) => Promise<Row[]>;

const WITHIN_MS = 180_000;
/** After the last row nothing more may come for so long. */
const QUIET_MS = 5_000;
const SHOWN = 12;

/** Resolves when the measure has not moved for a while, or has reached what is wanted and then not moved. */
async function atRest(measure: () => Promise<number>, wanted: number): Promise<void> {
  const giveUpAt = Date.now() + WITHIN_MS;
  let [last, since] = [Number.NaN, Date.now()];
  while (Date.now() < giveUpAt) {
    const now = await measure().catch(() => Number.NaN);
    if (now !== last) [last, since] = [now, Date.now()];
    if (last >= wanted && Date.now() - since >= QUIET_MS) return;
    await delay(250);
  }
}

export async function judge(found: Found): Promise<Verdict> {
  const { client, expected, messages } = found;
  const ask: Ask = async <Row>(query: string) => (await client.query({ query, format: "JSONEachRow" })).json<Row>();
  const differences: string[] = [];
  const tell = (what: string, all: readonly string[]) => {
    if (all.length === 0) return;
    const more = all.length > SHOWN ? `, and ${all.length - SHOWN} more` : "";
    differences.push(`${what}: ${all.slice(0, SHOWN).join(", ")}${more}`);
  };
  let wanted = 0;
  for (const times of expected.events.values()) wanted += times;
  const number = async (query: string) =>
    Number(Object.values((await ask<Record<string, unknown>>(query))[0] ?? {})[0]);
  await atRest(() => number("SELECT count() FROM events"), wanted);
  const letters = expected.letters.size + found.refused;
  await atRest(() => number("SELECT count() FROM dead_letters FINAL"), letters);
  const crossed = [...LIMITS].flatMap(([scope, dollars]) =>
    (expected.spent.get(scope) ?? 0) >= dollars * 10 * FIRST_WARNING ? [scope] : [],
  );
  await atRest(() => number("SELECT count() FROM incidents FINAL"), crossed.length);
  await atRest(async () => messages.length, crossed.length);

  tell("acknowledged by Kafka and not there", expected.missing);
  await judgeEvents(ask, found, tell);
  await judgeRollUps(ask, found, tell);
  const lettersWrittenAgain = await judgeLetters(ask, found, tell);
  const scopes = await judgeScopes(ask, found, tell);
  const incidents = await judgeAlerts(ask, found, crossed, tell);
  return {
    stored: await number("SELECT count() FROM events"),
    rolledUp: await number("SELECT sum(events) FROM events_hourly"),
    deadLetters: await number("SELECT count() FROM dead_letters FINAL"),
    lettersWrittenAgain,
    scopes,
    incidents,
    messages: messages.filter((message) => message.thread_ts === undefined).length,
    differences,
  };
}

type Tell = (what: string, all: readonly string[]) => void;

async function judgeEvents(ask: Ask, { expected, ledger }: Found, tell: Tell): Promise<void> {
  const rows = await ask<{ serial: string; agent: string; times: string; ids: string; millis: string; where: string }>(
    `SELECT e.endpoint AS serial, any(e.agent) AS agent, count() AS times, uniqExact(e.agent, e.id) AS ids,
      toUInt64(round(any(e.cost) * 1000)) AS millis, arrayStringConcat(groupArray(3)(concat(toString(e.partition), '/', toString(e.offset))), ' ') AS where
      FROM events AS e GROUP BY serial`,
  );
  const found = new Map(rows.map((row) => [row.serial, row]));
  const [lost, doubled, wrong]: [string[], string[], string[]] = [[], [], []];
  for (const [serial, times] of expected.events) {
    const row = found.get(serial);
    const line = ledger.made.get(serial);
    if (Number(row?.times ?? 0) < times) lost.push(`${serial} of ${line?.agent}`);
    else if (row !== undefined && (Number(row.times) > times || Number(row.ids) > times))
      doubled.push(`${serial} ${row.times} times at ${row.where}`);
    else if (row?.agent !== line?.agent || Number(row?.millis) !== line?.millis) wrong.push(serial);
  }
  tell("lost", lost);
  tell("doubled", doubled);
  tell("with another agent or cost", wrong);
  tell(
    "stored and never produced",
    rows.flatMap(({ serial }) => (expected.events.has(serial) ? [] : [serial])),
  );
  const repeated = await ask<{ agent: string; id: string }>(
    "SELECT agent, id FROM events GROUP BY agent, id HAVING count() > 1 LIMIT 1000",
  );
  tell(
    "identities stored more than once",
    repeated.map(({ agent, id }) => `${agent} ${id}`),
  );
}

async function judgeRollUps(ask: Ask, { expected }: Found, tell: Tell): Promise<void> {
  const rows = await ask<{ agent: string; hour: string; events: string; rolled: string; cents: string; sum: string }>(
    `SELECT agent, hour, sum(e) AS events, sum(r) AS rolled, toInt64(round(sum(ec) * 1000)) AS cents, toInt64(round(sum(rc) * 1000)) AS sum FROM (
      SELECT agent, toDateTime(toStartOfHour(judged_at)) AS hour, count() AS e, 0 AS r, sum(ifNull(cost, 0)) AS ec, 0 AS rc FROM events GROUP BY agent, hour
      UNION ALL
      SELECT agent, toDateTime(hour) AS hour, 0 AS e, sum(events) AS r, 0 AS ec, sum(cost) AS rc FROM events_hourly GROUP BY agent, hour
    ) GROUP BY agent, hour`,
  );
  tell(
    "roll-ups differ (agent hour: events, rolled up, thousandths, rolled up)",
    rows
      .filter((row) => row.events !== row.rolled || row.cents !== row.sum)
      .map((row) => `${row.agent} ${row.hour}: ${row.events} ${row.rolled} ${row.cents} ${row.sum}`),
  );
  const spent = new Map<string, number>();
  for (const { agent, sum } of rows) spent.set(agent, (spent.get(agent) ?? 0) + Number(sum));
  tell(
    "spend of agents in the roll-ups differs",
    [...expected.spent].flatMap(([scope, millis]) => {
      const [kind, name = ""] = scope.split(":");
      return kind !== "agent" || spent.get(name) === millis ? [] : [`${name} ${spent.get(name)} for ${millis}`];
    }),
  );
}

async function judgeLetters(ask: Ask, { expected, refused, letters }: Found, tell: Tell): Promise<number> {
  const rows = await ask<{ source: string; n: string }>(
    "SELECT source, count() AS n FROM dead_letters FINAL GROUP BY source",
  );
  const stored = new Map(rows.map(({ source, n }) => [source, Number(n)]));
  const inTopic = new Map<string, number>();
  for (const { value } of await letters()) {
    const { source } = JSON.parse(value.toString()) as { source: string };
    inTopic.set(source, (inTopic.get(source) ?? 0) + 1);
  }
  const sources = [...expected.letters];
  tell(
    "dead letters of the inlet that are not once in the table",
    sources.flatMap((source) => (stored.get(source) === 1 ? [] : [`${source} ${stored.get(source) ?? 0} times`])),
  );
  tell(
    "dead letters of the inlet that are not in their topic",
    sources.filter((source) => !inTopic.has(source)),
  );
  const posted = rows.filter(({ source }) => source.startsWith("http:"));
  if (posted.length !== refused || posted.some(({ n }) => n !== "1"))
    tell("dead letters of posts", [`${posted.length} sources for ${refused} refused lines`]);
  tell(
    "dead letters that nobody caused",
    rows.map(({ source }) => source).filter((source) => !source.startsWith("http:") && !expected.letters.has(source)),
  );
  return sources.filter((source) => (inTopic.get(source) ?? 0) > 1).length;
}

/** The newest part of each source partition, summed, is the total. */
async function judgeScopes(ask: Ask, { expected }: Found, tell: Tell): Promise<number> {
  const shared = [...expected.spent].filter(([scope]) => !scope.startsWith("agent:"));
  let wrong: string[] = [];
  const compare = async () => {
    const parts = new Map<string, ScopeRecord>();
    const rows = await ask<{ body: string }>("SELECT body FROM controls FINAL WHERE type = 'scope'");
    for (const { body } of rows) {
      const record = JSON.parse(body) as ScopeRecord;
      const key = `${record.scope.kind}:${record.scope.name} ${record.source.partition}`;
      const newest = parts.get(key);
      if (newest === undefined || newest.source.offset <= record.source.offset) parts.set(key, record);
    }
    const sums = new Map<string, number>();
    for (const { scope, usages } of parts.values()) {
      const name = `${scope.kind}:${scope.name}`;
      for (const { sum } of usages) sums.set(name, (sums.get(name) ?? 0) + Math.round(Number(sum) * 1000));
    }
    wrong = shared.flatMap(([scope, millis]) =>
      sums.get(scope) === millis ? [] : [`${scope} ${sums.get(scope)} for ${millis}`],
    );
    return shared.length - wrong.length;
  };
  await atRest(compare, shared.length);
  tell("totals across agents differ (thousandths)", wrong);
  return shared.length;
}

async function judgeAlerts(ask: Ask, { messages }: Found, crossed: readonly string[], tell: Tell): Promise<number> {
  const rows = await ask<{ id: string; scope: string; detector: string; hidden: string | null }>(
    "SELECT id, concat(scope_kind, ':', scope_name) AS scope, detector, hidden_by AS hidden FROM incidents FINAL",
  );
  const toldOf = (message: SlackMessage) => String(payloadOf(message).incident);
  const firsts = messages.filter((message) => message.thread_ts === undefined);
  const shown = rows.filter(({ hidden }) => hidden === null || hidden === "");
  const name = ({ id, scope, detector }: (typeof rows)[number]) => `${detector} ${scope} (${id})`;
  const told = (id: string) => firsts.filter((message) => toldOf(message) === id).length;
  tell("incidents that nobody was told of", shown.filter(({ id }) => told(id) === 0).map(name));
  tell("incidents told more than once", rows.filter(({ id }) => told(id) > 1).map(name));
  tell(
    "messages of no incident",
    firsts.map(toldOf).filter((id) => !rows.some((row) => row.id === id)),
  );
  const steps = messages.map((message) => `${toldOf(message)} ${String(payloadOf(message).step)}`);
  tell(
    "steps told more than once",
    steps.filter((step, at) => steps.indexOf(step) !== at),
  );
  const budgets = rows.filter(({ detector }) => detector === "budget").map(({ scope }) => scope);
  tell(
    "limits crossed without an incident",
    crossed.filter((scope) => !budgets.includes(scope)),
  );
  tell(
    "incidents of limits that were not crossed",
    budgets.filter((scope, at) => !crossed.includes(scope) || budgets.indexOf(scope) !== at),
  );
  return rows.length;
}
