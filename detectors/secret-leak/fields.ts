/** In which fields of a line a secret stood: where intake left its mark. */

const LONGEST = 80;
const MOST = 4;

/** Paths such as `details.text`, in the line's order; names in them are the agent's own. Empty where the line is no JSON. */
export function markedFields(raw: string, kind: string): readonly string[] {
  const mark = `[redacted:${kind}]`;
  const found: string[] = [];
  const visit = (value: unknown, path: string): void => {
    if (found.length >= MOST) return;
    if (typeof value === "string") {
      if (value.includes(mark)) found.push(path);
      return;
    }
    if (typeof value !== "object" || value === null) return;
    for (const [name, member] of Object.entries(value)) {
      const part = Array.isArray(value) ? "" : name;
      if (name.includes(mark)) found.push(`${path === "" ? "" : `${path}, `}a name`);
      else visit(member, part === "" ? path : cut(path === "" ? part : `${path}.${part}`));
    }
  };
  try {
    visit(JSON.parse(raw), "");
  } catch {
    return [];
  }
  return [...new Set(found)].slice(0, MOST);
}

function cut(path: string): string {
  return path.length <= LONGEST ? path : `${path.slice(0, LONGEST - 1)}…`;
}
