/** `POST /v1/backup`: `{"directory": "/absolute/path"}`. Needs the token also on loopback: it writes files. */
import { isAbsolute } from "node:path";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { CheckToken } from "./access.ts";
import { readAsked } from "./asked-object.ts";
import type { RunBackup } from "./gateway-options.ts";

const asked = z.object({ directory: z.string().refine(isAbsolute) });

export function addBackupRoute(server: FastifyInstance, checkToken: CheckToken, run: RunBackup): void {
  server.post("/v1/backup", async (request, reply) => {
    checkToken(request.raw.headers);
    const { directory } = await readAsked(request.raw, asked, '{"directory": "/absolute/path"}');
    const gone = new AbortController();
    reply.raw.once("close", () => gone.abort());
    return reply.send(await run(directory, gone.signal));
  });
}
