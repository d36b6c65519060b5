/** What may be asked over HTTP besides incidents: what there is, health, metrics. */
import type { FastifyInstance } from "fastify";
import type { GatewayOptions } from "./gateway-options.ts";

/** What there is at this address. */
function pointerOf({ intake, incidents }: Pick<GatewayOptions, "intake" | "incidents">): string {
  return [
    "Watchkeeper gateway",
    "",
    ...(intake === undefined ? [] : ["POST /v1/events      events, one JSON object a line"]),
    ...(incidents === undefined ? [] : ["GET  /v1/incidents   ?state=open|resolved|all"]),
    "GET  /healthz  /readyz  /metrics",
    "",
  ].join("\n");
}

export function addLookingRoutes(
  server: FastifyInstance,
  options: Pick<GatewayOptions, "intake" | "incidents" | "health" | "metrics">,
): void {
  const { health, metrics } = options;
  server.get("/", async (_request, reply) => reply.type("text/plain; charset=utf-8").send(pointerOf(options)));
  server.get("/healthz", async (_request, reply) => {
    const live = health.live();
    return reply.status(live ? 200 : 503).send({ status: live ? "ok" : "failed" });
  });
  server.get("/readyz", async (_request, reply) => {
    const checks = await health.ready();
    const ready = checks.every((check) => check.ok);
    return reply.status(ready ? 200 : 503).send({ status: ready ? "ready" : "not_ready", checks });
  });
  server.get("/metrics", async (_request, reply) =>
    reply.type("text/plain; version=0.0.4; charset=utf-8").send(await metrics()),
  );
}
