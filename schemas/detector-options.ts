/**
 * Options of detectors in `watchkeeper.yaml`: what each means, its unit and its default stand here and nowhere else.
 * The pages in docs/detectors are made from them.
 */
import { z } from "zod";
import { byteSize, duration } from "./units.ts";

const enabled = z.boolean().default(true).meta({ description: "Whether it speaks at all." });
const plain = z.strictObject({ enabled });

const loop = z
  .strictObject({
    enabled,
    repeats: z
      .int()
      .min(2)
      .max(100_000)
      .meta({ unit: "calls", description: "The same call so often is a loop, obeyed as written; left out, learned." }),
    within: duration.meta({ unit: "duration", description: "… within this time; only together with `repeats`." }),
  })
  .partial({ repeats: true, within: true })
  .refine((l) => (l.repeats === undefined) === (l.within === undefined), {
    error: 'both "repeats" and "within"',
  });

const spend = z.strictObject({
  enabled,
  minExcess: z
    .number()
    .nonnegative()
    .default(0.1)
    .meta({ unit: "US dollars", description: "Above what is expected in the hour before it can be a finding." }),
});

const toolFrequency = z.strictObject({
  enabled,
  minExcess: z
    .number()
    .nonnegative()
    .default(10)
    .meta({ unit: "calls", description: "Above what is expected in the hour before it can be a finding." }),
});

const outbound = z.strictObject({
  enabled,
  minExcess: byteSize.prefault("100KB").meta({
    unit: "bytes",
    description: "Sent above what is usual in the hour before larger sends can be a finding.",
  }),
});

const priceCoverage = z.strictObject({
  enabled,
  minShare: z
    .number()
    .positive()
    .max(1)
    .default(0.5)
    .meta({ unit: "share", description: "Of the last 20 calls that cost money, without a price, before it speaks." }),
});

const silence = z.strictObject({
  enabled,
  after: duration
    .optional()
    .meta({ unit: "duration", description: "No event for so long, within declared hours; left out, learned." }),
});

const sections = {
  "error-loop": plain,
  loop,
  spend,
  "tool-frequency": toolFrequency,
  novelty: plain,
  "off-hours": plain,
  outbound,
  /** Of an agent's records; what Watchkeeper says of its own stays on. */
  integrity: plain,
  /** The rules themselves are keys of the agent. */
  policy: plain,
  "price-coverage": priceCoverage,
  resource: plain,
  "secret-leak": plain,
  silence,
};

/** What somebody wrote; sections that are left out are as if empty. */
export const detectorOptions = z.strictObject(sections).partial();

/** Every section with its defaults filled in. */
export type DetectorOptions = { [Name in keyof typeof sections]: z.output<(typeof sections)[Name]> };

/** The options where nobody wrote any. */
export function unwrittenOptions(): DetectorOptions {
  return z.strictObject(sections).parse(Object.fromEntries(Object.keys(sections).map((name) => [name, {}])));
}
