/** Which destination the options ask for. */
import { WatchkeeperError } from "../../schemas/errors.ts";
import type { Destination, DestinationContext } from "./destination.ts";
import type { ShipOptions } from "./ship-options.ts";

/** How the destination is called in sentences. Error `invalid_url`. */
export function titleOf(to: ShipOptions["to"]): { readonly title: string; readonly address: string } {
  if (typeof to !== "string") return { title: "Kafka", address: `Kafka at ${to.brokers.join(", ")}` };
  const url = URL.canParse(to) ? new URL(to) : undefined;
  if (url !== undefined && url.username + url.password !== "") {
    throw new WatchkeeperError("The address of a gateway takes no user and no password.", {
      code: "invalid_url",
      hint: "Give the gateway's token in WATCHKEEPER_HTTP_TOKEN.",
      exitCode: 2,
    });
  }
  if (url !== undefined && /^https?:$/.test(url.protocol)) return { title: "The gateway", address: to };
  throw new WatchkeeperError(`"${to}" is not the URL of a gateway.`, {
    code: "invalid_url",
    hint: "Such as http://127.0.0.1:7077.",
    exitCode: 2,
  });
}

/** Connects to nothing yet; each client library is loaded only where it is used. */
export async function openDestination(options: ShipOptions, context: DestinationContext): Promise<Destination> {
  const { to, token, fetch } = options;
  if (typeof to !== "string") {
    const { createProduceRange } = await import("./produce-range.ts");
    return createProduceRange({ ...context, connection: to });
  }
  const { Agent, fetch: undiciFetch } = await import("undici");
  const { createPostRange } = await import("./post-range.ts");
  const agent = new Agent();
  const posting = fetch ?? ((input, init) => undiciFetch(input, { ...init, dispatcher: agent }));
  return { bring: createPostRange({ ...context, to, token, fetch: posting }), close: () => agent.close() };
}
