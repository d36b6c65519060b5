/** One line of the benchmark's table. */
import Table from "cli-table3";
import pc from "picocolors";

export interface Figure {
  readonly name: string;
  readonly value: number;
  /** As printed behind the value; empty for a plain count. */
  readonly unit: string;
  /** What the project promises; left out: printed for comparison only. */
  readonly goal?: { readonly is: "least" | "most"; readonly value: number };
  /** The same figure of the mover that does nothing but move bytes. */
  readonly ceiling?: number;
}

function number(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en-US", { maximumFractionDigits: digits });
}

const withUnit = (value: number, unit: string): string => (unit === "" ? number(value) : `${number(value)} ${unit}`);

function meets({ value, goal }: Figure): boolean {
  return goal === undefined || (goal.is === "least" ? value >= goal.value : value <= goal.value);
}

function row(figure: Figure): string[] {
  const { name, value, unit, goal, ceiling } = figure;
  const verdict = meets(figure) ? pc.green("pass") : pc.red("short");
  return [
    name,
    goal === undefined ? "" : `${goal.is === "least" ? ">=" : "<="} ${withUnit(goal.value, unit)}`,
    withUnit(value, unit),
    ceiling === undefined ? "" : withUnit(ceiling, unit),
    ceiling === undefined ? "" : number(value / ceiling),
    goal === undefined ? "" : verdict,
  ];
}

/** The figures as people read them. */
export function table(figures: readonly Figure[]): string {
  const grid = new Table({
    head: ["figure", "goal", "measured", "ceiling", "ratio", ""],
    colAligns: ["left", "right", "right", "right", "right", "left"],
    style: { head: [], border: [], compact: true },
  });
  grid.push(...figures.map(row));
  return grid.toString();
}

/** The goals that were missed. */
export function shortOf(figures: readonly Figure[]): readonly string[] {
  return figures.filter((figure) => !meets(figure)).map(({ name }) => name);
}
