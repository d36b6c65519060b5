/**
 * The HTTP way in, and the few questions that are asked over HTTP.
 *
 * MUST
 * - 200 is said only when every event and every dead letter of the post is durable; else nothing of it is appended, or on
 *   Kafka, which is not in one place, a part of it at the most: who posts that again needs ids, or an Idempotency-Key.
 * - A bad line never stops a good one; the caller learns its line and why.
 * - Memory is bounded: by `limits.bodyBytes` a request and `IN_FLIGHT_BYTES` over all of them.
 * - The event loop is never held longer than a slice (`SLICE_MS`) by parsing.
 * - No body, token or stack is ever logged or answered.
 */
import type { AddressInfo } from "node:net";
import type { Intake } from "../intake/intake.ts";
import { createAccess, createTokenCheck } from "./access.ts";
import { addBackupRoute } from "./backup-route.ts";
import { IN_FLIGHT_BYTES, SLICE_MS, STOP_WITHIN_MS } from "./defaults.ts";
import { createEventsRoute, type Route } from "./events-route.ts";
import type { Gateway, GatewayOptions } from "./gateway-options.ts";
import { createInFlight } from "./in-flight.ts";
import { addIncidentRoutes } from "./incident-routes.ts";
import { listenError } from "./listen-error.ts";
import { addLookingRoutes } from "./looking-routes.ts";
import { roleNotHere } from "./role-not-here.ts";
import { createSenderRate } from "./sender-rate.ts";
import { createServer } from "./server.ts";
import { createTurns } from "./slices.ts";
import { createGatewayTelemetry } from "./telemetry.ts";

export function createGateway(options: GatewayOptions): Gateway {
  const { limits, listen, auth, intake } = options;
  const telemetry = createGatewayTelemetry(options.logger, options.registry);
  const server = createServer(telemetry);
  const inFlightBytes = Math.max(limits.inFlightBytes ?? IN_FLIGHT_BYTES, limits.bodyBytes);
  const takeEvents = (ours: Intake): Route =>
    createEventsRoute({
      options: { ...options, intake: ours, append: (records) => options.append(records) },
      inFlight: createInFlight(inFlightBytes, telemetry.inFlight),
      rate: createSenderRate(limits.eventsPerSecond),
      takeTurn: createTurns(SLICE_MS, () => performance.now()),
      telemetry,
    });
  const events = intake === undefined ? roleNotHere("gateway") : takeEvents(intake);
  let url = "";
  return {
    get url() {
      return url;
    },
    async start() {
      const checkAccess = createAccess(listen.host, auth.token);
      server.addHook("onRequest", async (request) => {
        checkAccess(request.url.split("?", 1)[0] as string, request.raw.headers);
      });
      server.post("/v1/events", events);
      addLookingRoutes(server, options);
      const checkToken = createTokenCheck(auth.changes);
      addIncidentRoutes(server, checkToken, options.incidents);
      if (options.backup !== undefined) addBackupRoute(server, checkToken, options.backup);
      try {
        // Fastify writes into what it is given.
        await server.listen({ host: listen.host, port: listen.port });
      } catch (error) {
        throw listenError(error, listen.host, listen.port);
      }
      url = urlOf(listen.host, (server.server.address() as AddressInfo).port);
      telemetry.listening(url);
    },
    async stop() {
      const cut = setTimeout(() => server.server.closeAllConnections(), STOP_WITHIN_MS);
      await server.close();
      clearTimeout(cut);
      telemetry.stopped();
    },
  };
}

/** Where this machine reaches the listener. */
function urlOf(host: string, port: number): string {
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}
