/** Fields of a line that producers put at its top or in `details`, as they like. */

interface Line {
  readonly [field: string]: unknown;
  readonly details?: unknown;
}

/** What stands in these fields, each at the top first; nothing where the line cannot be read. */
export function valuesOf(raw: string, fields: readonly string[]): readonly unknown[] {
  try {
    const line = JSON.parse(raw) as Line;
    const { details } = line;
    const inner = typeof details === "object" && details !== null ? (details as Line) : {};
    return fields.flatMap((field) => [line[field], inner[field]]).filter((value) => value !== undefined);
  } catch {
    return [];
  }
}
