import { once } from "node:events";
import { createServer } from "node:net";
import { listenError } from "./listen-error.ts";

/** Rejects as a gateway that cannot listen there would (`listen-error.ts`), before anything slow is started for it. */
export async function portMustBeFree({ host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (error) {
    throw listenError(error, host, port);
  }
  server.close();
  await once(server, "close");
}
