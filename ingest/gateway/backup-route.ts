/** `POST /v1/backup`: `{"directory": "/absolute/path"}`. Needs the token also on loopback: it writes files. */
import { isAbsolute } from "node:path";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { createTokenCheck } from "./access.ts";
import { readBody } from "./body.ts";
import { refusal } from "./http-error.ts";
import { createInFlight } from "./in-flight.ts";

export interface BackupRoute {
  /** Of the connection file, or the one that was set. */
  readonly token: string;
  /** Writes a backup; aborted when the caller is gone. The answer is what it resolves with. */
  run(directory: string, signal: AbortSignal): Promise<object>;
}

const BODY_BYTES = 64 * 1024;
const asked = z.object({ directory: z.string().refine(isAbsolute) });

export function addBackupRoute(server: FastifyInstance, { token, run }: BackupRoute): void {
  const checkToken = createTokenCheck(token);
  server.post("/v1/backup", async (request, reply) => {
    checkToken(request.raw.headers);
    const body = await readBody(
      request.raw,
      "identity",
      BODY_BYTES,
      createInFlight(BODY_BYTES, () => undefined).open(),
    );
    const { directory } = readAsked(body);
    const gone = new AbortController();
    reply.raw.once("close", () => gone.abort());
    return reply.send(await run(directory, gone.signal));
  });
}

function readAsked(body: Buffer): z.infer<typeof asked> {
  try {
    return asked.parse(JSON.parse(body.toString("utf8")));
  } catch {
    throw refusal("invalid_request", 'Send {"directory": "/absolute/path"}.');
  }
}
