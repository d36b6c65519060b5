/**
 * Incidents: `GET /v1/incidents`; `POST /v1/incidents/:id/ack` and `POST /v1/incidents/:id/expected` with `{"by": "ada"}`,
 * which need the token also on loopback.
 */
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { CheckToken } from "./access.ts";
import { readAsked } from "./asked-object.ts";
import type { IncidentDesk } from "./gateway-options.ts";
import { refusal } from "./http-error.ts";
import { roleNotHere } from "./role-not-here.ts";

const said = z.object({ by: z.string().trim().min(1).max(64) });
const ACTS = { ack: "acknowledged", expected: "expected" } as const;

/** Without a desk, whoever asks is told that it is not here. */
export function addIncidentRoutes(server: FastifyInstance, checkToken: CheckToken, desk?: IncidentDesk): void {
  if (desk === undefined) {
    server.get("/v1/incidents", roleNotHere("web"));
    server.post("/v1/incidents/:id/:act", roleNotHere("web"));
    return;
  }
  server.get<{ Querystring: { state?: unknown } }>("/v1/incidents", async (request) => ({
    incidents: await desk.list(filterOf(request.query.state)),
  }));
  for (const [path, act] of Object.entries(ACTS)) {
    server.post<{ Params: { id: string } }>(`/v1/incidents/:id/${path}`, async (request) => {
      checkToken(request.raw.headers);
      const { by } = await readAsked(request.raw, said, '{"by": "your name"}, of at most 64 characters');
      return { incident: await desk.say(act, request.params.id, by) };
    });
  }
}

function filterOf(state: unknown): "open" | "resolved" | "all" {
  if (state === undefined) return "open";
  if (state === "open" || state === "resolved" || state === "all") return state;
  throw refusal("invalid_query", '"state" takes open, resolved or all.');
}
