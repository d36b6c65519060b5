/**
 * What every event may carry, whatever its kind. All but `agent` and `timestamp` are optional, null means absent, and
 * fields that are not named here are kept in the stored line. Nothing is transformed here: the schemas only judge.
 */
import { z } from "zod";

/** Longest agent name and event id, in characters. */
export const MAX_NAME_LENGTH = 256;

/** A text that names something. */
function text(meaning: string) {
  return z.string({ error: "a string" }).describe(meaning).nullish();
}

/** A name that some producers write as a number. */
function name(meaning: string) {
  return z.union([z.string(), z.number()], { error: "a string or a number" }).describe(meaning).nullish();
}

/** A count of things. Whole numbers over 2^53 are accepted, but no sum can use them: they stay in the stored line. */
function count(meaning: string) {
  const expected = "a whole number of 0 or more";
  return z
    .number({ error: expected })
    .nonnegative({ error: expected })
    .refine(Number.isInteger, { error: expected })
    .meta({ description: meaning, type: "integer" })
    .nullish();
}

/** A measured amount, fractions allowed. */
function amount(meaning: string) {
  const expected = "a number of 0 or more";
  return z.number({ error: expected }).nonnegative({ error: expected }).describe(meaning).nullish();
}

const object = z.record(z.string(), z.unknown());

/** One thing, several, or a description of one. */
function things(meaning: string) {
  return z
    .union([z.string(), z.array(z.unknown()), object], { error: "a string, an array or an object" })
    .describe(meaning)
    .nullish();
}

const money = z.union([z.number(), z.string()], { error: "a number or a string" });

/** Money: US dollars unless it says otherwise. The exact forms are judged by intake (`ingest/intake/money.ts`). */
const cost = z
  .union(
    [
      z.number(),
      z.string(),
      z.looseObject({ amount: money.nullish(), currency: z.string().nullish(), source: z.string().nullish() }),
    ],
    { error: 'an amount such as 0.001, "$0.001" or {"amount": 0.001, "currency": "usd"}' },
  )
  .describe('US dollars: 0.001, "$0.001" or {amount, currency, source}. Absent means unknown, not zero.')
  .nullish();

const level = "a whole number from 0 to 4";
const identity = `a string of 1 to ${MAX_NAME_LENGTH} characters or a whole number`;
const status = "a whole number from 0 to 65535";

/** The fields that all kinds share. */
export const envelope = {
  timestamp: z
    .string({ error: "a string" })
    .describe("ISO 8601, such as 2026-01-27T14:32:15.123Z or with +01:00; without a zone it is UTC."),
  agent: z.string({ error: "a string" }).describe("Who did it: 1 to 256 characters, no control characters."),
  id: z
    .union(
      [
        z.string().min(1, { error: identity }).max(MAX_NAME_LENGTH, { error: identity }),
        z.number().refine(Number.isInteger, { error: identity }),
      ],
      { error: identity },
    )
    .describe("Identity of the event within its agent; sending it again counts once.")
    .nullish(),
  run: name("One task of the agent: all events of it share this."),
  trigger: z
    .union([z.string(), z.number(), object], { error: "a string, a number or an object" })
    .describe("Who or what started it.")
    .nullish(),
  parent: name("The id of the event that led to this one."),
  environment: text("Such as production or staging."),
  model: text("The language model that was used."),
  input_tokens: count("Tokens read by the model, cached ones included."),
  output_tokens: count("Tokens written by the model."),
  cached_tokens: count("How many of the input tokens came from a cache."),
  duration_ms: amount("How long it took, in milliseconds."),
  success: z.boolean({ error: "true or false" }).describe("Whether it worked.").nullish(),
  endpoint: text("Path or method that was called."),
  response_code: z
    .union(
      [
        z.int({ error: status }).min(0, { error: status }).max(65535, { error: status }),
        z.string().regex(/^\d{1,4}$/, { error: status }),
      ],
      { error: status },
    )
    .describe("Status of the answer; 400 and above is a failure.")
    .nullish(),
  error: z
    .union([z.string(), z.boolean(), object], { error: "a string, an object with a message, or true or false" })
    .describe("What went wrong. An empty text or false means nothing did.")
    .nullish(),
  target: things("The person, host, file, table or account that was touched."),
  data_touched: things("The data that was read or changed."),
  bytes_out: count("Bytes sent to the outside."),
  permission_level: z
    .int({ error: level })
    .min(0, { error: level })
    .max(4, { error: level })
    .describe("0 no access, 1 read-only, 2 suggests, 3 low-stakes autonomy, 4 full autonomy.")
    .nullish(),
  approved_by: z
    .union([z.string(), z.array(z.string())], { error: "a string or an array of strings" })
    .describe("Who approved it.")
    .nullish(),
  cost,
  cpu_percent: amount("Processor use, in percent of one core."),
  memory_bytes: count("Memory in use."),
  sources: things("What it read to decide."),
  artifacts: things("What it made, with a hash."),
  credential: text("The name of the key it used, never the key."),
};
