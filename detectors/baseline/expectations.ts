/**
 * A baseline as the runner keeps it: a few bytes an hour and series instead of the record's numbers. Amounts are
 * held as 16-bit logarithms (0.07 % apart, zero exact), so 20 tools over 48 hours take about 5 KB.
 */
import type { BaselineSeries, SeriesName } from "../../schemas/baseline.ts";
import type { BaselineRecord } from "../../schemas/journal.ts";
import { HOUR_MS } from "../time/zones.ts";

const SMALLEST = 1e-7;
const PER_NAT = 1400;

function encode(amount: number): number {
  if (!(amount >= SMALLEST / 2)) return 0;
  return Math.min(65_535, Math.max(1, 1 + Math.round(Math.log(amount / SMALLEST) * PER_NAT)));
}

function decode(code: number): number {
  return code === 0 ? 0 : SMALLEST * Math.exp((code - 1) / PER_NAT);
}

/** Expectations of one series. */
export interface SeriesExpectation {
  readonly ready: boolean;
  readonly days: number;
  readonly needed: number;
  readonly dispersion: number;
  readonly unit: number;
  /** Expected amount in [from, to), hours taken in part; undefined where the baseline says nothing of it (any more). */
  between(from: number, to: number, history: "long" | "recent"): number | undefined;
  /** Expected amount of the whole hour that holds this moment. */
  hourAt(at: number): number | undefined;
  /** The greatest expected hour. */
  readonly peak: number;
}

/** The latest baseline of an agent. */
export interface Expectations {
  readonly at: number;
  readonly from: number;
  find(series: SeriesName, subject: string): SeriesExpectation | undefined;
  /** The record it came from, to the precision held; encoding it again changes nothing. */
  toRecord(): BaselineRecord;
}

type Meta = Omit<BaselineSeries, "expected" | "recent">;

/** Packs a baseline record. `intern` lets agents share the texts. */
export function packBaseline(record: BaselineRecord, intern: (text: string) => string = (t) => t): Expectations {
  const hours = Math.max(0, ...record.series.map((s) => s.expected.length));
  const codes = new Uint16Array(record.series.length * hours * 2);
  const metas: Meta[] = record.series.map(({ series, subject, state, days, needed, dispersion, unit }) => {
    return { series, subject: intern(subject), state, days, needed, dispersion, unit };
  });
  record.series.forEach((series, index) => {
    for (let hour = 0; hour < hours; hour++) {
      codes[index * hours * 2 + hour] = encode(series.expected[hour] ?? 0);
      codes[index * hours * 2 + hours + hour] = encode(series.recent[hour] ?? 0);
    }
  });
  return new PackedBaseline(record.agent, record.at, record.from, hours, metas, codes);
}

class PackedBaseline implements Expectations {
  readonly agent: string;
  readonly at: number;
  readonly from: number;
  readonly hours: number;
  readonly metas: readonly Meta[];
  readonly codes: Uint16Array;

  constructor(agent: string, at: number, from: number, hours: number, metas: readonly Meta[], codes: Uint16Array) {
    this.agent = agent;
    this.at = at;
    this.from = from;
    this.hours = hours;
    this.metas = metas;
    this.codes = codes;
  }

  find(series: SeriesName, subject: string): SeriesExpectation | undefined {
    const index = this.metas.findIndex((meta) => meta.subject === subject && meta.series === series);
    const meta = this.metas[index];
    return meta === undefined ? undefined : new PackedSeries(this, meta, index * this.hours * 2);
  }

  toRecord(): BaselineRecord {
    const series = this.metas.map((meta, index): BaselineSeries => {
      const start = index * this.hours * 2;
      const amounts = Array.from(this.codes.subarray(start, start + this.hours * 2), (code) =>
        Number(decode(code).toPrecision(6)),
      );
      return { ...meta, expected: amounts.slice(0, this.hours), recent: amounts.slice(this.hours) };
    });
    return { type: "baseline", agent: this.agent, at: this.at, from: this.from, series };
  }
}

class PackedSeries implements SeriesExpectation {
  readonly ready: boolean;
  readonly days: number;
  readonly needed: number;
  readonly dispersion: number;
  readonly unit: number;
  readonly #of: PackedBaseline;
  readonly #start: number;

  constructor(of: PackedBaseline, meta: Meta, start: number) {
    this.#of = of;
    this.#start = start;
    this.ready = meta.state === "ready";
    this.days = meta.days;
    this.needed = meta.needed;
    this.dispersion = meta.dispersion;
    this.unit = meta.unit;
  }

  between(from: number, to: number, history: "long" | "recent"): number | undefined {
    const { hours, codes, from: origin } = this.#of;
    const start = this.#start + (history === "recent" ? hours : 0);
    const first = Math.floor((from - origin) / HOUR_MS);
    const last = Math.ceil((to - origin) / HOUR_MS) - 1;
    if (first < 0 || last >= hours) return undefined;
    let sum = 0;
    for (let hour = first; hour <= last; hour++) {
      const begin = Math.max(from, origin + hour * HOUR_MS);
      const end = Math.min(to, origin + (hour + 1) * HOUR_MS);
      sum += decode(codes[start + hour] ?? 0) * ((end - begin) / HOUR_MS);
    }
    return sum;
  }

  hourAt(at: number): number | undefined {
    const hour = Math.floor((at - this.#of.from) / HOUR_MS);
    return hour < 0 || hour >= this.#of.hours ? undefined : decode(this.#of.codes[this.#start + hour] ?? 0);
  }

  get peak(): number {
    const { hours, codes } = this.#of;
    return decode(codes.subarray(this.#start, this.#start + hours).reduce((a, b) => Math.max(a, b), 0));
  }
}
