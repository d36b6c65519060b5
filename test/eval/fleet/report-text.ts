/** A report for the terminal. */
import { grid } from "./grid.ts";
import { MAGNITUDES } from "./label.ts";
import { type EvalReport, type FleetsReport, FROM_TIMES, type Share, type TypeReport } from "./report.ts";

const shareText = (of: Share | undefined): string => {
  return of === undefined || of.of === 0 ? "" : `${(of.told / of.of).toFixed(2)} (${of.of})`;
};

function delayText(ms: number | null): string {
  if (ms === null) return "";
  if (ms < 120_000) return `${(ms / 1000).toFixed(0)} s`;
  return ms < 7_200_000 ? `${(ms / 60_000).toFixed(0)} min` : `${(ms / 3_600_000).toFixed(1)} h`;
}

const countsText = (counts: Readonly<Record<string, number>>): string => {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
};

function fleetRow(fleet: FleetsReport): string[] {
  const { agents, seeds, weeks, events, asked, falsePagesPerWeek, worstSeed, pagesPerWeek, shiftsSaid } = fleet;
  const numbers = [agents, seeds, weeks, events].map((value) => value.toLocaleString("en-US"));
  const figures = [pagesPerWeek, falsePagesPerWeek, worstSeed].map((value) => value.toFixed(2));
  return [...numbers, ...figures, String(asked), String(shiftsSaid)];
}

function typeRow(report: TypeReport): string[] {
  const { type, byMagnitude, recall, named, returning, medianDelayMs, p90DelayMs } = report;
  return [
    type,
    ...MAGNITUDES.map((magnitude) => shareText(byMagnitude[String(magnitude)])),
    shareText(byMagnitude.any),
    shareText(recall),
    shareText(named),
    shareText(returning),
    delayText(medianDelayMs),
    delayText(p90DelayMs),
  ];
}

/** Plain text: false pages by fleet, recall by type and size, and what falls short. */
export function reportText({ fleets, types, short }: EvalReport): string {
  const fleetHead = [
    "agents",
    "seeds",
    "weeks",
    "events",
    "pages/week",
    "false/week",
    "worst seed",
    "asked",
    "shifts said",
  ];
  const typeHead = [
    "recall (of)",
    ...MAGNITUDES.map((m) => `${m}x`),
    "any",
    `${FROM_TIMES}x on`,
    "named",
    "again",
    "median",
    "p90",
  ];
  const causes = fleets
    .filter(({ falsePagesPerWeek }) => falsePagesPerWeek > 0)
    .map(({ agents, falseByDetector, falseByAgentKind }) => {
      return `${agents} agents, false pages: ${countsText(falseByDetector)}; of ${countsText(falseByAgentKind)}`;
    });
  const missed = types
    .filter(({ missedVariants }) => Object.keys(missedVariants).length > 0)
    .map(({ type, missedVariants }) => {
      const parts = Object.entries(missedVariants).map(([name, { told: hit, of }]) => `${name} ${of - hit} of ${of}`);
      return `${type}: ${parts.join(", ")}`;
    });
  return [
    grid(fleetHead, fleets.map(fleetRow)),
    ...causes,
    grid(typeHead, types.map(typeRow)),
    "Missed, by variant:",
    ...missed.map((line) => `  ${line}`),
    short.length === 0 ? "Every goal is met." : `Short of:\n${short.map((line) => `  ${line}`).join("\n")}`,
    "",
  ].join("\n");
}
