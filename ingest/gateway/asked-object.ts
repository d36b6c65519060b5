/** The small JSON object that a request for a change carries. */
import type { IncomingMessage } from "node:http";
import type { z } from "zod";
import { readBody } from "./body.ts";
import { refusal } from "./http-error.ts";
import { createInFlight } from "./in-flight.ts";

const BODY_BYTES = 64 * 1024;

/** Rejects with `invalid_request`, saying what to send, when the body is not of that form. */
export async function readAsked<T>(request: IncomingMessage, form: z.ZodType<T>, toSend: string): Promise<T> {
  const room = createInFlight(BODY_BYTES, () => undefined).open();
  const body = await readBody(request, "identity", BODY_BYTES, room);
  try {
    return form.parse(JSON.parse(body.toString("utf8")));
  } catch {
    throw refusal("invalid_request", `Send ${toSend}.`);
  }
}
