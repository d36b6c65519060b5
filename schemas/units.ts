/** Durations ("90s", "15m", "3y") and sizes ("64KiB") as they are written in the configuration. */
import { z } from "zod";

const MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, y: 31_536_000_000 } as const;
const BYTES = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, KB: 1000, MB: 1000 ** 2, GB: 1000 ** 3 } as const;

function parseWithUnit(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d{1,12}(?:\.\d{1,6})?)\s*([A-Za-z]{1,3})$/.exec(text.trim());
  const factor = match === null ? undefined : units[match[2] as string];
  return match === null || factor === undefined ? undefined : Math.round(Number(match[1]) * factor);
}

const DURATION = 'a duration such as "90s", "15m", "4h", "30d" or "3y"';

/** A duration in milliseconds: a number and one of ms, s, m, h, d, w, y (365 days). */
export const duration = z.string({ error: DURATION }).transform((text, context) => {
  const value = parseWithUnit(text, MS);
  if (value === undefined) {
    context.addIssue({ code: "custom", message: DURATION });
    return z.NEVER;
  }
  return value;
});

/** A size in bytes: a number and one of B, KiB, MiB, GiB, KB, MB, GB; a bare whole number is bytes. */
export const byteSize = z.union([z.string(), z.int().nonnegative()]).transform((value, context) => {
  const bytes = typeof value === "number" ? value : parseWithUnit(value, BYTES);
  if (bytes === undefined) {
    context.addIssue({ code: "custom", message: 'a size such as "64KiB", "64MiB" or "2GiB"' });
    return z.NEVER;
  }
  return bytes;
});
