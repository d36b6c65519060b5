/** Lines waiting to be sent, in bounded memory: when it is full the oldest go, because the newest tell what is happening now. */

export interface LineBuffer {
  readonly count: number;
  /** Takes a line in; returns how many old ones had to go for it. */
  push(line: string): number;
  /** The oldest lines, which stay until `remove`. Their ids tell them from later ones. */
  peek(max: number): { readonly lines: readonly string[]; readonly through: number };
  /** Removes lines up to and with `through`; returns how many of them were still there. */
  remove(through: number): number;
}

export function createLineBuffer(maxBytes: number): LineBuffer {
  let lines: string[] = [];
  /** Index of the oldest line in `lines`, and its running number. */
  let head = 0;
  let first = 0;
  let bytes = 0;
  const dropOldest = () => {
    bytes -= size(lines[head] as string);
    lines[head] = "";
    head += 1;
    first += 1;
    if (head > 1024 && head * 2 > lines.length) {
      lines = lines.slice(head);
      head = 0;
    }
  };
  return {
    get count() {
      return lines.length - head;
    },
    push(line) {
      let dropped = 0;
      lines.push(line);
      bytes += size(line);
      while (bytes > maxBytes && lines.length > head) {
        dropOldest();
        dropped += 1;
      }
      return dropped;
    },
    peek(max) {
      const taken = lines.slice(head, head + max);
      return { lines: taken, through: first + taken.length - 1 };
    },
    remove(through) {
      let removed = 0;
      while (lines.length > head && first <= through) {
        dropOldest();
        removed += 1;
      }
      return removed;
    },
  };
}

/** What a line costs in memory, roughly: two bytes a character at worst, and its slot. */
function size(line: string): number {
  return Buffer.byteLength(line) + 32;
}
