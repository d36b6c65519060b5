/** The table of what each part of the watch adds. */
import { WHOLE } from "./ablation.ts";
import { grid } from "./grid.ts";
import type { EvalReport, Share, TypeReport } from "./report.ts";

const pooled = (types: readonly TypeReport[], of: (type: TypeReport) => Share): Share => {
  const sum = (pick: (share: Share) => number): number => types.reduce((total, type) => total + pick(of(type)), 0);
  return { told: sum(({ told }) => told), of: sum((share) => share.of) };
};

const shareText = ({ told, of }: Share): string => `${told} of ${of}`;

/** Types of which more or fewer were told than by the whole: "injection −5, spend +1". */
function changesText(types: readonly TypeReport[], whole: readonly TypeReport[]): string {
  const changes = types.flatMap(({ type, recall }, index) => {
    const change = recall.told - (whole[index] as TypeReport).recall.told;
    return change === 0 ? [] : [`${type} ${change > 0 ? `+${change}` : `−${-change}`}`];
  });
  return changes.join(", ");
}

/** A row for each part left out; `reports` holds the whole as well. */
export function ablationText(reports: ReadonlyMap<string, EvalReport>): string {
  const whole = reports.get(WHOLE)?.types ?? [];
  const rows = [...reports].map(([part, { fleets, types }]) => {
    const mean = (of: (fleet: EvalReport["fleets"][number]) => number): string =>
      (fleets.reduce((sum, fleet) => sum + of(fleet), 0) / fleets.length).toFixed(2);
    return [
      part,
      shareText(pooled(types, ({ recall }) => recall)),
      shareText(pooled(types, ({ named }) => named)),
      shareText(pooled(types, ({ returning }) => returning)),
      mean(({ pagesPerWeek }) => pagesPerWeek),
      mean(({ falsePagesPerWeek }) => falsePagesPerWeek),
      changesText(types, whole),
    ];
  });
  const head = ["without", "told from 3x on", "named", "again", "pages/week", "false/week", "told more or less"];
  return `${grid(head, rows)}\n`;
}
