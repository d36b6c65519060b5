/** What a running program has stored, asked of its tables. */
import { expect } from "vitest";
import type { SlackMessage } from "../fakes/slack-server.ts";
import type { Watchkeeper } from "./watchkeeper.ts";

/** Ids by agent as they are stored; each must be there once. */
export async function idsIn(up: Watchkeeper): Promise<Map<string, Set<string>>> {
  const rows = await up.ask<{ agent: string; id: string; n: string }>(
    "SELECT agent, id, count() AS n FROM events GROUP BY agent, id",
  );
  expect(rows.filter(({ n }) => Number(n) !== 1)).toEqual([]);
  const ids = new Map<string, Set<string>>();
  for (const { agent, id } of rows) ids.set(agent, (ids.get(agent) ?? new Set()).add(id));
  return ids;
}

/** The roll-up must say what the events themselves say. */
export async function expectRollUpsEqual(up: Watchkeeper): Promise<void> {
  const counted = `SELECT agent, toUInt32(sum(n)) AS events, round(sum(spent), 6) AS cost FROM`;
  const rows = await up.ask(
    `${counted} (SELECT agent, count() AS n, toFloat64(sum(cost)) AS spent FROM events GROUP BY agent) AS e GROUP BY agent ORDER BY agent`,
  );
  const hourly = await up.ask(
    `${counted} (SELECT agent, sum(events) AS n, toFloat64(sum(cost)) AS spent FROM events_hourly GROUP BY agent) AS h GROUP BY agent ORDER BY agent`,
  );
  expect(hourly).toEqual(rows);
}

/** Which step of which incident a message told. */
export function stepToldBy({ metadata }: SlackMessage): string {
  const { incident, step } = (metadata as { event_payload: { incident: string; step: unknown } }).event_payload;
  return `${incident} ${step}`;
}
