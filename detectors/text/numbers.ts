/** Numbers as a person reads them. */

const GROUPED = /\B(?=(\d{3})+$)/g;

/** "1,204". */
export function countText(value: number): string {
  return String(Math.round(value)).replace(GROUPED, ",");
}

/** Dollars: "$7.02", "$1,204.00", small ones with what it takes to see them: "$0.0013". */
export function moneyText(dollars: number): string {
  if (dollars !== 0 && Math.abs(dollars) < 0.095) return `$${Number(dollars.toPrecision(2))}`;
  const [whole = "0", cents = "00"] = dollars.toFixed(2).split(".");
  return `$${whole.replace(GROUPED, ",")}.${cents}`;
}

/** "1 call", "38 calls". */
export function plural(count: number, noun: string): string {
  return `${countText(count)} ${noun}${Math.round(count) === 1 ? "" : "s"}`;
}

/** What is usual: "1.4", "12". */
export function usualText(value: number): string {
  return value < 10 ? String(Number(value.toFixed(1))) : countText(value);
}

/** A name of the agent's choosing, cut to what a line can hold. */
export function nameText(name: string): string {
  return name.length <= 60 ? name : `${name.slice(0, 59)}…`;
}

/** "5 times", "2.4 times". */
export function timesText(ratio: number): string {
  return ratio >= 9.5 ? `${countText(ratio)} times` : `${Number(ratio.toFixed(1))} times`;
}

const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** Bytes in decimal units: "840 B", "2.4 MB". */
export function bytesText(bytes: number): string {
  const step = bytes < 1000 ? 0 : Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  return `${value < 10 && step > 0 ? Number(value.toFixed(1)) : countText(value)} ${BYTE_UNITS[step]}`;
}
