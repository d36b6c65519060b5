/** `POST /v1/events`: a verdict per line, 200 only when everything is durable. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Intake } from "../intake/intake.ts";
import type { LineSource } from "../intake/verdict.ts";
import { type BatchParts, readBatch } from "./batch.ts";
import { readBody } from "./body.ts";
import { bodyLines } from "./body-lines.ts";
import type { GatewayOptions } from "./gateway-options.ts";
import type { InFlight } from "./in-flight.ts";
import { bodyEncodingOf, bodyFormOf, idempotencyKeyOf, switchOf } from "./request-form.ts";
import type { SenderRate } from "./sender-rate.ts";
import type { TakeTurn } from "./slices.ts";
import type { GatewayTelemetry } from "./telemetry.ts";

/** Bodies up to this size are judged in one go: queueing for turns would cost more than it gives. */
const SMALL_BODY_BYTES = 64 * 1024;

export interface EventsRouteParts {
  readonly options: Pick<GatewayOptions, "append" | "limits" | "now" | "randomId"> & { readonly intake: Intake };
  readonly inFlight: InFlight;
  readonly rate: SenderRate;
  readonly takeTurn: TakeTurn;
  readonly telemetry: GatewayTelemetry;
}

export type Route = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

export function createEventsRoute(parts: EventsRouteParts): Route {
  const { options, inFlight, rate, telemetry } = parts;
  const batchParts: BatchParts = { intake: options.intake, takeTurn: parts.takeTurn };
  return async (request, reply) => {
    const { headers } = request.raw;
    const form = bodyFormOf(headers);
    const encoding = bodyEncodingOf(headers);
    const source = sourceOf(request, options);
    await rate.check(request.ip);
    const held = inFlight.open();
    try {
      const body = await readBody(request.raw, encoding, options.limits.bodyBytes, held);
      const lines = bodyLines(body, form);
      const batch = await readBatch(lines, source, held, body.length <= SMALL_BODY_BYTES, batchParts);
      await rate.charge(request.ip, Math.max(1, batch.records.length));
      if (batch.records.length > 0) await options.append(batch.records);
      telemetry.batchAccepted(batch, body.length);
      const answer = `{"accepted":${batch.accepted},"rejected":[${batch.rejected.join(",")}]}`;
      return await reply.type("application/json; charset=utf-8").send(answer);
    } finally {
      held.release();
    }
  };
}

/** Lines without an id get `KEY#LINE`: the same post again has the same identities, and counts once. */
function sourceOf(request: FastifyRequest, { intake, now, randomId }: EventsRouteParts["options"]): LineSource {
  const given = idempotencyKeyOf(request.raw.headers);
  const key = given === undefined ? undefined : intake.name(given);
  const query = new URL(request.raw.url ?? "/", "http://gateway").searchParams;
  const prefix = key ?? randomId();
  const source = key === undefined ? ("arrival" as const) : ("position" as const);
  return {
    name: key === undefined ? "http" : `http:${key}`,
    arrivedAt: now(),
    backfill: switchOf(query, "backfill"),
    identify: (line) => ({ id: `${prefix}#${line}`, source }),
  };
}
