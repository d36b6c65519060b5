/** A metric whose values are asked for over the network: a page of metrics does not wait for an answer that is late. */
import type { Logger } from "pino";
import { Gauge, type Registry } from "prom-client";
import { messageOf } from "../schemas/errors.ts";
import { settledBy } from "./settled-by.ts";

export interface LagGaugeOptions<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly Label[];
  /** Asks, and sets what is known. */
  readonly read: (set: (labels: Record<Label, string | number>, records: number) => void) => Promise<void>;
  /** What is said when that fails. */
  readonly failed: string;
  readonly registry: Registry;
  readonly logger: Pick<Logger, "warn">;
}

/** How long a page of metrics waits; then it shows what was known last. */
const WITHIN_MS = 1_000;

/** One question at a time; its answer is kept however late it comes. */
export function registerLagGauge<Label extends string>(options: LagGaugeOptions<Label>): void {
  const { name, help, labelNames, read, failed, registry, logger } = options;
  let reading: Promise<void> | undefined;
  const gauge = new Gauge<Label>({
    ...{ name, help, labelNames: [...labelNames], registers: [registry] },
    async collect() {
      reading ??= refresh().finally(() => {
        reading = undefined;
      });
      await settledBy(reading, AbortSignal.timeout(WITHIN_MS));
    },
  });

  async function refresh(): Promise<void> {
    try {
      await read((labels, records) => gauge.set(labels, Math.max(0, records)));
    } catch (error) {
      logger.warn({ error: messageOf(error) }, failed);
    }
  }
}
