/** The watch's core for a backtest: incidents as in production, nothing sent. */
import { createIncidentBook } from "./incident-book.ts";
import type { Judge } from "./ports.ts";
import { type AlertWatch, createWatch } from "./watch.ts";

/** A failure of a detector ends a backtest, where production counts it and goes on. */
export function createBacktestWatch(judge: Judge): AlertWatch {
  const judgeFailed = (_position: unknown, error: unknown): never => {
    throw error;
  };
  return createWatch({ judge, book: createIncidentBook({ partition: 0 }), telemetry: { judgeFailed } });
}
