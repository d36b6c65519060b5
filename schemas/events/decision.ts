import { z } from "zod";
import { envelope } from "./envelope.ts";

/** What an agent decided, and why. */
export const decisionEvent = z
  .looseObject({
    ...envelope,
    kind: z.literal("decision").nullish(),
    decision: z
      .string({ error: "a non-empty string" })
      .min(1, { error: "a non-empty string" })
      .describe("What was decided."),
    reasoning: z
      .union([z.string(), z.array(z.unknown()), z.record(z.string(), z.unknown())], {
        error: "a string, an array or an object",
      })
      .describe("Why.")
      .nullish(),
    threshold: z
      .union([z.string(), z.number(), z.record(z.string(), z.unknown())], {
        error: "a string, a number or an object",
      })
      .describe("The limit that decided it.")
      .nullish(),
    action_triggered: z
      .union([z.string(), z.array(z.string())], { error: "a string or an array of strings" })
      .describe("The action that follows.")
      .nullish(),
  })
  .meta({ title: "Decision", description: "What an agent decided, and why." });

export type DecisionEvent = z.output<typeof decisionEvent>;

/** A valid decision, as a producer writes it. */
export const decisionExample =
  '{"timestamp":"2026-01-27T14:32:14Z","agent":"competitor_monitor","decision":"alert_price_change","reasoning":"Price dropped from $99 to $84 (15% decrease)","threshold":"10%","action_triggered":"send_slack_message"}';
