/**
 * A baseline as the runner keeps it: three bytes an hour and series instead of the record's numbers, all in one piece of
 * memory, which is also how it is saved: 20 tools over 48 hours take about 4 KB.
 */
import type { BaselineSeries, SeriesName } from "../../schemas/baseline.ts";
import type { BaselineRecord } from "../../schemas/journal.ts";
import { decode, encode, encodeRatio } from "./codes.ts";
import { codeAt, figureAt, PackedSeries, READY, ratioAt, type SeriesPlace, seriesBytes } from "./packed-series.ts";

/** Expectations of one series. */
export interface SeriesExpectation {
  readonly ready: boolean;
  readonly days: number;
  readonly needed: number;
  readonly dispersion: number;
  readonly unit: number;
  /** Whether the baseline says something of all of [from, to). */
  covers(from: number, to: number): boolean;
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
  /** To the last bit what is held; `loadBaseline` reads it. */
  save(): SavedExpectations;
}

export interface SavedExpectations {
  readonly at: number;
  readonly from: number;
  readonly hours: number;
  /** Of each series in turn. */
  readonly subjects: readonly string[];
  /** Base64 of the series: see `packed-series.ts`. */
  readonly bytes: string;
}

const SERIES: readonly SeriesName[] = ["calls", "tool", "spend", "hours"];

const figure = (value: number): number => Number(value.toPrecision(6));

type Intern = (text: string) => string;
const asItIs: Intern = (text) => text;

/** What is packed of a baseline record. */
export type Baseline = Pick<BaselineRecord, "at" | "from" | "series">;

/** Packs a baseline record. `intern` lets agents share the texts. */
export function packBaseline({ at, from, series }: Baseline, intern = asItIs): Expectations {
  const hours = Math.max(0, ...series.map(({ expected }) => expected.length));
  const bytes = new DataView(new ArrayBuffer(series.length * seriesBytes(hours)));
  series.forEach(({ series: name, state, days, needed, dispersion, unit, expected, recent }, index) => {
    const start = index * seriesBytes(hours);
    bytes.setUint8(start, SERIES.indexOf(name) + (state === "ready" ? READY : 0));
    [days, needed, dispersion, unit].forEach((value, column) => {
      bytes.setFloat32(start + figureAt(column), figure(value), true);
    });
    for (let hour = 0; hour < hours; hour++) {
      const code = encode(expected[hour] ?? 0);
      bytes.setUint16(start + codeAt(hour), code, true);
      bytes.setUint8(start + ratioAt(hour, hours), encodeRatio(recent[hour] ?? 0, decode(code)));
    }
  });
  return new PackedBaseline({ at, from, hours, bytes, subjects: series.map(({ subject }) => intern(subject)) });
}

/** Continues what was saved. */
export function loadBaseline({ at, from, hours, subjects, bytes: saved }: SavedExpectations, intern = asItIs) {
  // A piece of memory of its own: small buffers share one, which would keep the others' alive.
  const bytes = new Uint8Array(subjects.length * seriesBytes(hours));
  Buffer.from(bytes.buffer).write(saved, "base64");
  return new PackedBaseline({ at, from, hours, bytes: new DataView(bytes.buffer), subjects: subjects.map(intern) });
}

/** The series again, in their order, as far as they are kept. */
export function seriesOf(saved: SavedExpectations): BaselineSeries[] {
  const place = loadBaseline(saved);
  return saved.subjects.map((subject, index) => {
    const { ready, days, needed, dispersion, unit, amounts } = new PackedSeries(place, index);
    const series = SERIES[place.bytes.getUint8(index * seriesBytes(saved.hours)) & (READY - 1)] as SeriesName;
    const state = ready ? "ready" : "learning";
    return { series, subject, state, days, needed, dispersion, unit, ...amounts };
  });
}

interface Packed extends SeriesPlace {
  readonly at: number;
  readonly subjects: readonly string[];
}

class PackedBaseline implements Expectations {
  readonly at: number;
  readonly from: number;
  readonly hours: number;
  readonly bytes: DataView;
  readonly #subjects: readonly string[];
  /** The tool's series that was asked for last. */
  #last = 0;

  constructor({ at, from, hours, bytes, subjects }: Packed) {
    this.at = at;
    this.from = from;
    this.hours = hours;
    this.bytes = bytes;
    this.#subjects = subjects;
  }

  find(series: SeriesName, subject: string): SeriesExpectation | undefined {
    const kind = SERIES.indexOf(series);
    // Events of one tool tend to follow each other.
    if (!this.#isAt(this.#last, kind, subject)) {
      const found = this.#search(kind, subject);
      if (found < 0) return undefined;
      if (subject === "") return new PackedSeries(this, found);
      this.#last = found;
    }
    return new PackedSeries(this, this.#last);
  }

  #search(kind: number, subject: string): number {
    let index = this.#subjects.indexOf(subject);
    while (index >= 0 && !this.#isAt(index, kind, subject)) index = this.#subjects.indexOf(subject, index + 1);
    return index;
  }

  #isAt(index: number, kind: number, subject: string): boolean {
    if (this.#subjects[index] !== subject) return false;
    return (this.bytes.getUint8(index * seriesBytes(this.hours)) & (READY - 1)) === kind;
  }

  save(): SavedExpectations {
    const { at, from, hours, bytes } = this;
    return { at, from, hours, subjects: this.#subjects, bytes: Buffer.from(bytes.buffer).toString("base64") };
  }
}
