/** The commands that look: `review`, `events`, `query`, `deadletters list`. */
import { text } from "node:stream/consumers";
import type { Config } from "../schemas/config.ts";
import { WatchkeeperError } from "../schemas/errors.ts";
import type { Ask, TextOut } from "./ask.ts";
import { listDeadLetters } from "./dead-letters.ts";
import { writeEvents } from "./events.ts";
import { catalogText, openQueryCatalog, readyQuery } from "./query-catalog.ts";
import { parseParameters } from "./query-parameters.ts";
import { jsonLine, type ResultFormat, writeResult } from "./result-table.ts";
import { review } from "./review/build-review.ts";
import { choosePeriod } from "./review/period.ts";
import { renderReviewText } from "./review/render-review.ts";

export interface LookingCommandsOptions {
  /** Opens the store, asks, closes it. */
  readonly look: (work: (ask: Ask, config: Config) => Promise<void>) => Promise<void>;
  readonly out: TextOut;
  readonly stdin: NodeJS.ReadableStream;
  /** Unix milliseconds. */
  readonly now: () => number;
}

type TextFormat = "text" | "json";

export interface LookingCommands {
  review(options: { readonly week?: string; readonly month?: string; readonly format: string }): Promise<void>;
  events(options: {
    readonly agent: string;
    readonly from?: string;
    readonly to?: string;
    readonly format: TextFormat;
  }): Promise<void>;
  query(sql: string, options: { readonly param?: readonly string[]; readonly format: ResultFormat }): Promise<void>;
  listDeadLetters(options: {
    readonly since?: string;
    readonly source?: string;
    readonly limit: string;
    readonly format: TextFormat;
  }): Promise<void>;
}

export function createLookingCommands({ look, out, stdin, now }: LookingCommandsOptions): LookingCommands {
  return {
    review: (options) =>
      look(async (ask, config) => {
        const built = await review({ ask, config, now: now(), period: choosePeriod(options, config.timezone, now()) });
        await out.write(options.format === "json" ? jsonLine(built, 2) : renderReviewText(built));
      }),
    events: (options) =>
      look(async (ask, config) => {
        const own = Object.hasOwn(config.agents, options.agent) ? config.agents[options.agent]?.timezone : undefined;
        const timezone = own ?? config.defaults.timezone ?? config.timezone;
        await writeEvents({ ...options, ask, out, now: now(), timezone });
      }),
    async query(sql, options) {
      const [given, catalog] = [parseParameters(options.param ?? []), openQueryCatalog()];
      if (sql === "@") return out.write(catalogText(catalog));
      const named = sql.startsWith("@") ? readyQuery(catalog.find(sql.slice(1)), given, now()) : undefined;
      const question = named ?? { sql: sql === "-" ? await text(stdin) : sql, params: given };
      await look(async (ask) => void (await writeResult(ask(question.sql, question.params), options.format, out)));
    },
    async listDeadLetters(options) {
      const limit = wholeNumber("--limit", options.limit);
      await look(async (ask, { timezone }) => {
        await listDeadLetters({ ...options, limit, ask, out, timezone, now: now() });
      });
    },
  };
}

function wholeNumber(name: string, given: string): number {
  if (/^[1-9]\d{0,8}$/.test(given)) return Number(given);
  throw new WatchkeeperError(`${name} takes a whole number from 1 on, not "${given}"`, {
    code: "invalid_parameter",
    exitCode: 2,
  });
}
