/** A scene before the production watch, and the message that the terminal would show. */
import pc from "picocolors";
import { renderTerminal } from "../../alerting/sinks/terminal-message.ts";
import { backtest } from "../../detectors/backtest.ts";
import { DETECTORS } from "../../detectors/registry.ts";
import { createIntake } from "../../ingest/intake/intake.ts";
import { configSchema, watchConfigOf } from "../../schemas/config.ts";
import { SEVERITY_RANK } from "../../schemas/finding.ts";
import type { Incident } from "../../schemas/incident.ts";
import type { EventRecord } from "../../schemas/journal.ts";
import { changingIncidents } from "../detectors/changing-incidents.ts";
import { ordinaryWork, ZONE } from "./ordinary-work.ts";
import { configOf, type Scene } from "./scenes.ts";

export interface Example {
  /** Lines of the terminal: the incident as it stands at the end of the scene. */
  readonly message: readonly string[];
  readonly severity: string;
}

/** What the detector says in the scene. Throws where it says nothing. */
export async function exampleOf(detector: string, scene: Scene): Promise<Example> {
  const config = configSchema.parse(configOf(scene));
  const intake = createIntake({ lineBytes: config.limits.lineBytes, prices: [] });
  async function* events(): AsyncGenerator<EventRecord> {
    let number = 0;
    for (const { at, fields } of [...ordinaryWork(), ...scene.lines]) {
      const source = { name: "example", arrivedAt: at, backfill: false };
      const identify = (line: number) => ({ id: `e${line}`, source: "position" as const });
      const judged = intake.line(Buffer.from(JSON.stringify(fields)), number++, { ...source, identify });
      if (judged.kind !== "event") throw new Error(`${detector}: line ${number} is ${judged.kind}`);
      yield judged.event;
    }
  }
  const told = new Map<string, Incident>();
  await backtest({
    detectors: DETECTORS,
    events: events(),
    config: watchConfigOf(config),
    schedule: config.baselines.schedule,
    falseAlarmsPerWeek: config.alerts.falseAlarmsPerWeek,
    onAlert: () => undefined,
    createWatch: changingIncidents((incident) => {
      if (incident.state === "open") told.set(incident.id, incident);
    }),
  });
  const incidents = [...told.values()];
  const [incident] = incidents
    .filter((one) => one.detector === detector)
    .sort((a, b) => SEVERITY_RANK[b.severity] - SEVERITY_RANK[a.severity]);
  if (incident === undefined)
    throw new Error(`${detector} says nothing; ${incidents.map((one) => one.title).join(", ")}`);
  const look = { colors: pc.createColors(false), timezoneOf: () => ZONE };
  return {
    message: renderTerminal({ kind: "incident", incident }, false, look),
    severity: incident.severity,
  };
}
