/** Numbers, money and time as people read them. */
import Big from "big.js";
import { DateTime } from "luxon";

/** "12,345". */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** "1 action", "12,345 actions". */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** "$1,234.50", below a dollar as many decimals as it takes for two digits, up to six: "$0.0041". */
export function dollars(amount: string | number): string {
  const value = new Big(amount);
  if (value.eq(0)) return "$0";
  const magnitude = value.abs();
  const decimals = magnitude.gte(0.995) ? 2 : Math.min(6, Math.max(2, 1 - magnitude.e));
  const [whole = "0", rest = ""] = magnitude.toFixed(decimals).split(".");
  return `${value.lt(0) ? "-" : ""}$${BigInt(whole).toLocaleString("en-US")}.${rest}`;
}

/** "4 %", "0.6 %", "under 0.1 %". */
export function percent(value: number): string {
  if (value > 0 && value < 0.1) return "under 0.1 %";
  return `${value >= 10 ? Math.round(value) : Math.round(value * 10) / 10} %`;
}

/** "45 s", "12 min", "3 h 20 min", "2 d 4 h". */
export function span(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (ms < 60_000) return `${Math.round(ms / 1000)} s`;
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h${minutes % 60 === 0 ? "" : ` ${minutes % 60} min`}`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d${hours % 24 === 0 ? "" : ` ${hours % 24} h`}`;
}

/** "Tue 17 Nov 14:32" in a zone. */
export function moment(at: string | number, timezone: string, format = "ccc d LLL HH:mm"): string {
  const date = typeof at === "number" ? DateTime.fromMillis(at) : DateTime.fromISO(at);
  return date.setZone(timezone).setLocale("en").toFormat(format);
}

/** An observed or expected amount in its unit: "$7.02", "38 calls". */
export function amount(value: number, unit: string): string {
  if (unit === "usd") return dollars(value);
  if (value === 1) return `1 ${unit.replace(/s$/, "")}`;
  return `${value >= 100 || Number.isInteger(value) ? count(value) : Math.round(value * 10) / 10} ${unit}`;
}
