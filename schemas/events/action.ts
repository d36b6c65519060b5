import { z } from "zod";
import { envelope } from "./envelope.ts";

/** Something an agent did. */
export const actionEvent = z
  .looseObject({
    ...envelope,
    kind: z.literal("action").nullish(),
    action: z.string({ error: "a non-empty string" }).min(1, { error: "a non-empty string" }).describe("The tool."),
    details: z.unknown().describe("Its arguments, of any shape.").optional(),
  })
  .meta({ title: "Action", description: "Something an agent did." });

export type ActionEvent = z.output<typeof actionEvent>;

/** A valid action, as a producer writes it. */
export const actionExample =
  '{"timestamp":"2026-01-27T14:32:15Z","agent":"competitor_monitor","action":"send_slack_message","details":{"channel":"#alerts","message":"Competitor X lowered prices by 15%"},"success":true}';
