/** What the person at the terminal sees, and the sums that are handed back. */
import type { ProgressStream } from "./ship-options.ts";

const FIRST_LINE_AFTER_MS = 2_000;
const EVERY_MS = 500;
/** Somebody who looks at the terminal later is told too. */
const SAY_AGAIN_MS = 60_000;

export interface Shipping {
  answered(accepted: number, rejected: number, bytes: number, cutLines: number): void;
  lost(path: string, bytes: number): void;
  /** A whole line of its own. */
  say(text: string): void;
  /** A try failed; said at once, then every minute, until something was answered again. */
  waiting(reason: string, pauseMs: number): void;
  /** Counts of all files so far. */
  readonly sums: { accepted: number; rejected: number; bytes: number; cutLines: number; lostBytes: number };
  summarise(files: number, pendingBytes: number): void;
}

/** @param destination how it is called at the beginning of a sentence. */
export function createShipping(stream: ProgressStream, destination: string, now: () => number): Shipping {
  const startedAt = now();
  const sums = { accepted: 0, rejected: 0, bytes: 0, cutLines: 0, lostBytes: 0 };
  let drawnAt = startedAt + FIRST_LINE_AFTER_MS - EVERY_MS;
  let drawn = false;
  let saidWaitingAt: number | undefined;

  const say = (text: string) => {
    stream.write(`${drawn ? "\r\u001b[K" : ""}${text}\n`);
    drawn = false;
  };
  const counted = () => {
    const refused = sums.rejected === 0 ? "" : `, ${number(sums.rejected)} of them refused into the dead letters`;
    return `${plural(sums.accepted + sums.rejected, "line")}${refused}`;
  };
  const draw = () => {
    if (stream.isTTY !== true || now() - drawnAt < EVERY_MS) return;
    drawnAt = now();
    const rate = (sums.accepted + sums.rejected) / ((now() - startedAt) / 1000);
    stream.write(`\r\u001b[KShipped ${counted()} (${number(Math.round(rate))} a second)`);
    drawn = true;
  };
  return {
    sums,
    say,
    answered(accepted, rejected, bytes, cutLines) {
      sums.accepted += accepted;
      sums.rejected += rejected;
      sums.bytes += bytes;
      sums.cutLines += cutLines;
      if (saidWaitingAt !== undefined) say(`${destination} answers again.`);
      saidWaitingAt = undefined;
      draw();
    },
    lost(path, bytes) {
      sums.lostBytes += bytes;
      say(`${path}: ${plural(bytes, "byte")} ${were(bytes)} rotated away before being read, and lost.`);
    },
    waiting(reason, pauseMs) {
      if (saidWaitingAt !== undefined && now() - saidWaitingAt < SAY_AGAIN_MS) return;
      saidWaitingAt = now();
      say(`${reason}; nothing is lost, trying again in ${number(Math.ceil(pauseMs / 1000))} s.`);
    },
    summarise(files, pendingBytes) {
      const left = pendingBytes === 0 ? "" : ` Left for the next start: ${plural(pendingBytes, "byte")}.`;
      const cut =
        sums.cutLines === 0 ? "" : ` ${plural(sums.cutLines, "line")} ${were(sums.cutLines)} too long and cut.`;
      const took = ((now() - startedAt) / 1000).toFixed(1);
      say(`Shipped ${counted()}, from ${plural(files, "file")} in ${took} s.${cut}${left}`);
    },
  };
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}

function plural(count: number, noun: string): string {
  return `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
}

function were(count: number): string {
  return count === 1 ? "was" : "were";
}
