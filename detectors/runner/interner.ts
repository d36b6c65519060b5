/** Lets equal texts share one string. Names come from outside, so it starts anew when it is full. */
export function createInterner(limit = 50_000): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const first = known.get(text);
    if (first !== undefined) return first;
    if (known.size >= limit) known.clear();
    known.set(text, text);
    return text;
  };
}
