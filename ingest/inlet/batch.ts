/** Records of one inlet partition that are journaled in one step, and what is counted once they are. */
import type { LogAppend, LogRecord } from "../log/event-log.ts";
import type { Judgement } from "./judge-record.ts";

export interface JudgedRecord {
  readonly record: LogRecord;
  readonly judgement: Judgement;
}

/** Records of a commit at most: a transaction of so many costs little more than one of a few. */
const MAX_RECORDS = 5_000;
/** Characters of what is appended in one commit, with one record at least. */
const MAX_CHARACTERS = 4 * 1024 ** 2;

export class InletBatch {
  readonly judged: JudgedRecord[] = [];
  #characters = 0;

  add(one: JudgedRecord): void {
    this.judged.push(one);
    if (one.judgement.kind !== "skipped") this.#characters += one.judgement.append.value.length;
  }

  get isFull(): boolean {
    return this.judged.length >= MAX_RECORDS || this.#characters >= MAX_CHARACTERS;
  }
}

/** What the log is to take, in the order of the records. */
export function appendsOf(judged: readonly JudgedRecord[]): LogAppend[] {
  return judged.flatMap(({ judgement }) => (judgement.kind === "skipped" ? [] : judgement.append));
}
