import { z } from "zod";
import { actionEvent } from "./events/action.ts";
import { apiCallEvent } from "./events/api-call.ts";
import { decisionEvent } from "./events/decision.ts";
import { anyEvent } from "./events/index.ts";

/**
 * The events as JSON Schema (draft 2020-12), for producers in other languages, by file name: `action.json`,
 * `decision.json`, `api-call.json` and `event.json` (any of the three).
 */
export function jsonSchemas(): Record<string, object> {
  return {
    "action.json": z.toJSONSchema(actionEvent, { io: "input" }),
    "decision.json": z.toJSONSchema(decisionEvent, { io: "input" }),
    "api-call.json": z.toJSONSchema(apiCallEvent, { io: "input" }),
    "event.json": z.toJSONSchema(anyEvent, { io: "input" }),
  };
}
