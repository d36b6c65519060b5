import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { createZones, DAY_MS, HOUR_MS } from "../../../detectors/time/zones.ts";
import { anyEvent } from "../../../schemas/events/index.ts";
import type { Line } from "./actor.ts";
import { type Fleet, type FleetOptions, fleetOf } from "./fleet.ts";
import { groupBy } from "./group.ts";
import { INCIDENT_TYPES, type Label } from "./label.ts";
import type { AgentKind } from "./profile.ts";

const OPTIONS: FleetOptions = { seed: 1, agents: 14, history: 4, weeks: 2, perAgent: 4 };

interface Told {
  readonly fleet: Fleet;
  readonly lines: readonly Line[];
}

function told(options: FleetOptions): Told {
  const fleet = fleetOf(options);
  return { fleet, lines: [...fleet.events()] };
}

function hashOf({ fleet, lines }: Told): string {
  const hash = createHash("sha256").update(JSON.stringify(fleet.labels));
  for (const line of lines) hash.update(JSON.stringify(line));
  return hash.digest("hex");
}

const within =
  ({ from, to, agent }: Label) =>
  (line: Line) =>
    line.agent === agent && line.at >= from && line.at < to;

function sumOf(lines: readonly Line[], field: string): number {
  return lines.reduce(
    (sum, { fields }) => sum + (typeof fields[field] === "number" ? (fields[field] as number) : 0),
    0,
  );
}

describe("a simulated fleet", () => {
  let all: Told;
  let quiet: Told;
  beforeAll(() => {
    all = told(OPTIONS);
    quiet = told({ ...OPTIONS, perAgent: 0 });
  });
  const ofKind = (kind: AgentKind) => all.fleet.profiles.filter((profile) => profile.kind === kind);
  const linesOf = (agent: string) => quiet.lines.filter((line) => line.agent === agent);

  it("is the same for the same seed and another for another", () => {
    const small = { ...OPTIONS, agents: 7, history: 2, weeks: 1 };
    const first = hashOf(told(small));
    expect(hashOf(told(small))).toBe(first);
    expect(hashOf(told({ ...small, seed: 2 }))).not.toBe(first);
  });

  it("comes in time order, within its weeks, with identities of their own", () => {
    const { span } = all.fleet;
    expect(span.to - span.from).toBe(42 * DAY_MS);
    let before = span.from;
    const misplaced = all.lines.filter(({ at }) => {
      const isFine = at >= before && at < span.to;
      before = at;
      return !isFine;
    });
    expect(misplaced).toEqual([]);
    const twins = all.lines.length - new Set(all.lines.map(({ agent, fields }) => `${agent} ${fields.id}`)).size;
    const sameId = all.fleet.labels.filter(({ variant }) => variant === "same-id").length;
    expect(twins).toBeLessThanOrEqual(20 * sameId);
  });

  it("tells events that the schema accepts", () => {
    for (let index = 0; index < all.lines.length; index += 97) {
      const parsed = anyEvent.safeParse(JSON.parse(JSON.stringify(all.lines[index]?.fields)));
      expect(parsed.error?.message).toBeUndefined();
    }
  });

  it("has every kind of agent, and each keeps its rhythm", () => {
    const zones = createZones();
    expect(new Set(all.fleet.profiles.map(({ kind }) => kind)).size).toBe(7);
    for (const { agent, zone, begins } of ofKind("office")) {
      const hours = linesOf(agent).map(({ at }) => zones.hourOfWeek(zone, at));
      const odd = hours.filter((cell) => cell >= 120 || cell % 24 < begins || cell % 24 > begins + 13);
      expect(odd).toEqual([]);
      expect(hours.length).toBeGreaterThan(1000);
    }
    for (const { agent, pollMs, bornAt } of ofKind("poller")) {
      const polls = linesOf(agent).filter(({ fields }) => fields.api === "get_status");
      const beats = (quiet.fleet.span.to - bornAt) / pollMs;
      expect(Math.abs(polls.length - beats)).toBeLessThan(beats * 0.02 + 60_000 / pollMs + 60);
    }
    for (const { agent, bornAt } of all.fleet.profiles) {
      expect(linesOf(agent).every(({ at }) => at >= bornAt)).toBe(true);
    }
  });

  it("is over-dispersed where it is bursty, and its spend has a heavy tail where it should", () => {
    const dispersion = (kind: AgentKind): number[] =>
      ofKind(kind).map(({ agent, bornAt }) => {
        const lines = linesOf(agent);
        const days = groupBy(lines, ({ at }) => Math.floor((at - bornAt) / HOUR_MS) % 24);
        // The same hour on all days: variance over mean.
        const ratios = [...days.values()].map((ofHour) => {
          const counts = [...groupBy(ofHour, ({ at }) => Math.floor(at / HOUR_MS)).values()].map(
            ({ length }) => length,
          );
          const mean = counts.reduce((a, b) => a + b, 0) / counts.length;
          return counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length / mean;
        });
        return ratios.reduce((a, b) => a + b, 0) / ratios.length;
      });
    expect(Math.min(...dispersion("bursty"))).toBeGreaterThan(5);
    for (const { agent } of ofKind("spender")) {
      const tokens = linesOf(agent).flatMap(({ fields }) => (fields.input_tokens as number | undefined) ?? []);
      tokens.sort((a, b) => a - b);
      const [middle = 0, high = 0] = [0.5, 0.99].map((q) => tokens[Math.floor(q * tokens.length)] ?? 0);
      expect(high / middle).toBeGreaterThan(6);
    }
  });

  it("meets new people every day, and changes that last", () => {
    const mails = quiet.lines.flatMap(({ fields }) =>
      String(fields.target).includes("@") ? String(fields.target) : [],
    );
    const first = new Set(mails.slice(0, mails.length / 2));
    const later = new Set(mails.slice(mails.length / 2));
    expect([...later].filter((mail) => !first.has(mail)).length).toBeGreaterThan(30);
    const { profiles, span } = fleetOf({ ...OPTIONS, agents: 100, perAgent: 0 });
    expect(profiles.some(({ change }) => change?.tool !== undefined)).toBe(true);
    expect(profiles.some(({ change }) => (change?.times ?? 1) > 1)).toBe(true);
    expect(profiles.some(({ bornAt }) => bornAt > span.from)).toBe(true);
  });

  it("is what it would have been, but for its incidents", () => {
    const touched = new Set(all.fleet.labels.map(({ agent }) => agent));
    const untouched = (lines: readonly Line[]) => lines.filter(({ agent }) => !touched.has(agent)).length;
    expect(untouched(all.lines)).toBe(untouched(quiet.lines));
    for (const label of all.fleet.labels.filter(({ type }) => type === "silence")) {
      expect(all.lines.filter(within(label))).toEqual([]);
      expect(quiet.lines.filter(within(label)).length).toBeGreaterThan(0);
    }
  });

  it("makes each incident as large as its label says", () => {
    const fields: Readonly<Record<string, string>> = {
      outbound: "bytes_out",
      tokens: "input_tokens",
      duration: "duration_ms",
      cpu: "cpu_percent",
    };
    let checked = 0;
    for (const label of all.fleet.labels) {
      const field = fields[label.type] ?? fields[label.variant];
      if (field === undefined || label.magnitude === null) continue;
      const [now, usual] = [all.lines, quiet.lines].map((lines) => sumOf(lines.filter(within(label)), field)) as [
        number,
        number,
      ];
      expect(now / usual).toBeCloseTo(label.magnitude, 0);
      checked += 1;
    }
    expect(checked).toBeGreaterThan(4);
    for (const label of all.fleet.labels.filter(({ type }) => type === "tool-frequency")) {
      const [now, usual] = [all.lines, quiet.lines].map((lines) => lines.filter(within(label)).length) as [
        number,
        number,
      ];
      const extra = ((label.magnitude ?? 1) - 1) * (label.normal ?? 0);
      expect(Math.abs(now - usual - extra)).toBeLessThan(5 * Math.sqrt(extra) + 5);
    }
  });
});

describe("the labels of fleets", () => {
  const labels = (seed: number) => fleetOf({ seed, agents: 40, history: 4, weeks: 2 });

  it("are of every type, lie within the watch, and leave agents time between two", () => {
    const fleets = [1, 2, 3].map(labels);
    expect(new Set(fleets.flatMap((fleet) => fleet.labels.map(({ type }) => type)))).toEqual(new Set(INCIDENT_TYPES));
    for (const { labels: all, span } of fleets) {
      for (const { from, to, countsFrom } of all) {
        expect(from >= span.from && from < to && to <= span.to && countsFrom >= from && countsFrom <= to).toBe(true);
      }
      for (const mine of groupBy(all, ({ agent }) => agent).values()) {
        mine.slice(1).forEach(({ from }, index) => {
          expect(from - (mine[index]?.to ?? 0)).toBeGreaterThanOrEqual(36 * HOUR_MS);
        });
      }
    }
  });

  it("come back with the same hand, some of them from the history", () => {
    const all = [1, 2, 3].flatMap((seed) => labels(seed).labels.map((label) => ({ ...label, seed })));
    const again = all.filter(({ returns }) => returns > 0);
    expect(again.length).toBeGreaterThan(5);
    for (const { id, seed, variant, agent } of again) {
      const first = all.find((label) => label.seed === seed && `${label.id}-again` === id);
      expect(first).toMatchObject({ variant, agent, returns: 0 });
    }
  });
});
