/**
 * A baseline as the runner keeps it: three bytes an hour and series instead of the record's numbers. Amounts are held
 * as 16-bit logarithms (0.07 % apart, zero exact), the short history as an 8-bit ratio to the long one (4 % apart), so
 * 20 tools over 48 hours take about 4 KB.
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

const EVEN = 128;
const PER_NAT_OF_RATIO = 24;

/** The short history against the long one; 0 where either is nothing. */
function encodeRatio(recent: number, expected: number): number {
  if (!(recent > 0) || !(expected > 0)) return 0;
  return Math.min(255, Math.max(1, EVEN + Math.round(Math.log(recent / expected) * PER_NAT_OF_RATIO)));
}

function decodeRatio(code: number): number {
  return code === 0 ? 0 : Math.exp((code - EVEN) / PER_NAT_OF_RATIO);
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
  /** The greatest expected amount of a whole hour among those that [from, to) touches; 0 where nothing is said of any. */
  greatest(from: number, to: number, history: "long" | "recent"): number;
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

/** What a series says beside its hours, a column each. */
interface Columns {
  /** Kind of the series, and READY. */
  readonly kinds: Uint8Array;
  readonly subjects: readonly string[];
  /** days, needed, dispersion and unit of each series. */
  readonly figures: Float32Array;
}

const SERIES: readonly SeriesName[] = ["calls", "tool", "spend", "hours"];
const READY = 16;
const FIGURES = 4;

const figure = (value: number): number => Number(value.toPrecision(6));

/** Packs a baseline record. `intern` lets agents share the texts. */
export function packBaseline(record: BaselineRecord, intern: (text: string) => string = (t) => t): Expectations {
  const hours = Math.max(0, ...record.series.map((s) => s.expected.length));
  const codes = new Uint16Array(record.series.length * hours);
  const ratios = new Uint8Array(record.series.length * hours);
  const columns: Columns = {
    kinds: Uint8Array.from(record.series, ({ series, state }) => {
      return SERIES.indexOf(series) + (state === "ready" ? READY : 0);
    }),
    subjects: record.series.map(({ subject }) => intern(subject)),
    figures: Float32Array.from(record.series.flatMap((s) => [s.days, s.needed, s.dispersion, s.unit].map(figure))),
  };
  record.series.forEach((series, index) => {
    for (let hour = 0; hour < hours; hour++) {
      const code = encode(series.expected[hour] ?? 0);
      codes[index * hours + hour] = code;
      ratios[index * hours + hour] = encodeRatio(series.recent[hour] ?? 0, decode(code));
    }
  });
  return new PackedBaseline(record.agent, record.at, record.from, hours, columns, codes, ratios);
}

class PackedBaseline implements Expectations {
  readonly agent: string;
  readonly at: number;
  readonly from: number;
  readonly hours: number;
  readonly columns: Columns;
  readonly codes: Uint16Array;
  readonly ratios: Uint8Array;
  /** The tool's series that was asked for last. */
  #last = 0;

  constructor(
    agent: string,
    at: number,
    from: number,
    hours: number,
    columns: Columns,
    codes: Uint16Array,
    ratios: Uint8Array,
  ) {
    this.agent = agent;
    this.at = at;
    this.from = from;
    this.hours = hours;
    this.columns = columns;
    this.codes = codes;
    this.ratios = ratios;
  }

  find(series: SeriesName, subject: string): SeriesExpectation | undefined {
    const kind = SERIES.indexOf(series);
    // Events of one tool tend to follow each other.
    if (!this.#isAt(this.#last, kind, subject)) {
      const found = this.columns.subjects.findIndex((_, index) => this.#isAt(index, kind, subject));
      if (found < 0) return undefined;
      if (subject === "") return new PackedSeries(this, found);
      this.#last = found;
    }
    return new PackedSeries(this, this.#last);
  }

  #isAt(index: number, kind: number, subject: string): boolean {
    return ((this.columns.kinds[index] ?? 0) & (READY - 1)) === kind && this.columns.subjects[index] === subject;
  }

  /** The amount of one hour of one series. */
  amount(cell: number, history: "long" | "recent"): number {
    const expected = decode(this.codes[cell] as number);
    return history === "long" ? expected : expected * decodeRatio(this.ratios[cell] as number);
  }

  toRecord(): BaselineRecord {
    const { kinds, subjects, figures } = this.columns;
    const series = subjects.map((subject, index): BaselineSeries => {
      const kind = kinds[index] as number;
      const cells = Array.from({ length: this.hours }, (_, hour) => index * this.hours + hour);
      const [days = 0, needed = 0, dispersion = 0, unit = 1] = Array.from(
        figures.subarray(index * FIGURES, (index + 1) * FIGURES),
        figure,
      );
      return {
        series: SERIES[kind & (READY - 1)] as SeriesName,
        subject,
        state: kind >= READY ? "ready" : "learning",
        days,
        needed,
        expected: cells.map((cell) => figure(this.amount(cell, "long"))),
        recent: cells.map((cell) => figure(this.amount(cell, "recent"))),
        dispersion,
        unit,
      };
    });
    return { type: "baseline", agent: this.agent, at: this.at, from: this.from, series };
  }
}

class PackedSeries implements SeriesExpectation {
  readonly #of: PackedBaseline;
  readonly #index: number;
  readonly #start: number;

  constructor(of: PackedBaseline, index: number) {
    this.#of = of;
    this.#index = index;
    this.#start = index * of.hours;
  }

  get ready(): boolean {
    return (this.#of.columns.kinds[this.#index] as number) >= READY;
  }

  get days(): number {
    return this.#figure(0);
  }

  get needed(): number {
    return this.#figure(1);
  }

  get dispersion(): number {
    return this.#figure(2);
  }

  get unit(): number {
    return this.#figure(3);
  }

  #figure(column: number): number {
    return this.#of.columns.figures[this.#index * FIGURES + column] ?? 0;
  }

  between(from: number, to: number, history: "long" | "recent"): number | undefined {
    const { hours, from: origin } = this.#of;
    const first = Math.floor((from - origin) / HOUR_MS);
    const last = Math.ceil((to - origin) / HOUR_MS) - 1;
    if (first < 0 || last >= hours) return undefined;
    let sum = 0;
    for (let hour = first; hour <= last; hour++) {
      const begin = Math.max(from, origin + hour * HOUR_MS);
      const end = Math.min(to, origin + (hour + 1) * HOUR_MS);
      sum += this.#of.amount(this.#start + hour, history) * ((end - begin) / HOUR_MS);
    }
    return sum;
  }

  greatest(from: number, to: number, history: "long" | "recent"): number {
    const { hours, from: origin } = this.#of;
    const first = Math.max(0, Math.floor((from - origin) / HOUR_MS));
    const last = Math.min(hours, Math.ceil((to - origin) / HOUR_MS)) - 1;
    let most = 0;
    for (let hour = first; hour <= last; hour++) most = Math.max(most, this.#of.amount(this.#start + hour, history));
    return most;
  }

  hourAt(at: number): number | undefined {
    const hour = Math.floor((at - this.#of.from) / HOUR_MS);
    return hour < 0 || hour >= this.#of.hours ? undefined : this.#of.amount(this.#start + hour, "long");
  }

  get peak(): number {
    const { hours, codes } = this.#of;
    return decode(codes.subarray(this.#start, this.#start + hours).reduce((a, b) => Math.max(a, b), 0));
  }
}
