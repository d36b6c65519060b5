/** The page of a detector, from what it declares and from a real run of it. Pure. */
import type { Detector } from "../../detectors/detector.ts";
import type { Example } from "./example-message.ts";
import { type OptionRow, optionRows } from "./option-rows.ts";
import type { Scene } from "./scenes.ts";

/** Agents' keys stand in cells: a bar would end one. */
const cell = (text: string) => text.replaceAll("|", "\\|");

function rowText({ path, unit, default: value, meaning }: OptionRow): string {
  return `| ${[`\`${path}\``, unit, value, meaning].map(cell).join(" | ")} |`;
}

const EXPECTED =
  "An incident that is as it should be: `watchkeeper incidents expected ID`. What it told of is learned, unless a rule that you wrote says otherwise.";

function silencing({ name, page, learnsExpected }: Detector, canBeOff: boolean): string[] {
  const quieter = learnsExpected === undefined ? [page.quieter] : [page.quieter, "", EXPECTED];
  const off = [
    "```yaml",
    "agents:",
    "  competitor_monitor:",
    `    detectors: { ${name}: { enabled: false } }   # the same under "defaults" for every agent`,
    "```",
  ];
  return canBeOff ? [...quieter, "", "To switch it off:", "", ...off] : quieter;
}

export function detectorPage(detector: Detector, scene: Scene, example: Example): string {
  const { name, summary, page } = detector;
  const own = optionRows(["detectors", name]);
  const rows = [...(page.keys ?? []).flatMap((key) => optionRows([key])), ...own];
  return `${[
    `# ${name}`,
    "",
    "<!-- Made from the detector's declaration and a run of it: npm run docs -->",
    "",
    summary,
    "",
    `**Speaks:** ${page.ready}`,
    "",
    "## Options",
    "",
    "Of an agent, or of `defaults` for every agent that does not say otherwise.",
    "",
    "| key | unit | default | meaning |",
    "|---|---|---|---|",
    ...rows.map(rowText),
    "",
    "## Example",
    "",
    `${scene.about} Told as ${example.severity}:`,
    "",
    "```text",
    ...example.message,
    "```",
    "",
    "## Silencing",
    "",
    ...silencing(detector, own.length > 0),
  ].join("\n")}\n`;
}
