import { z } from "zod";
import { envelope } from "./envelope.ts";

/** A call of an outside service. */
export const apiCallEvent = z
  .looseObject({
    ...envelope,
    kind: z.literal("api_call").nullish(),
    api: z
      .string({ error: "a non-empty string" })
      .min(1, { error: "a non-empty string" })
      .describe("The service that was called."),
  })
  .meta({ title: "API call", description: "A call of an outside service." });

export type ApiCallEvent = z.output<typeof apiCallEvent>;

/** A valid API call, as a producer writes it. */
export const apiCallExample =
  '{"timestamp":"2026-01-27T14:32:12Z","agent":"competitor_monitor","api":"competitor_api","endpoint":"/prices","response_code":200,"cost":"$0.001"}';
