/**
 * The engine's own process: chDB behind ClickHouse's HTTP interface on loopback. It takes its orders from the
 * parent that forked it, and ends when that parent is gone, so that the data directory is free for the next one.
 */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { messageOf } from "../../schemas/errors.ts";
import { createHttpServer } from "./http-server.ts";
import { createNamedSessions, type NamedSessions } from "./named-sessions.ts";
import { openEngine } from "./open.ts";
import type { ChildMessage, ParentMessage, StartMessage } from "./protocol.ts";
import { createSessionPool, type SessionPool } from "./session-pool.ts";

interface Running {
  readonly server: Server;
  readonly pool: SessionPool;
  readonly named: NamedSessions;
  close(): Promise<void>;
}

function tell(message: ChildMessage): void {
  process.send?.(message);
}

async function start(message: StartMessage): Promise<Running> {
  const engine = await openEngine(message);
  const pool = await createSessionPool(engine.open);
  const named = createNamedSessions(engine.open);
  const server = createHttpServer({ pool, named, users: message, database: message.database });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: message.port, host: "127.0.0.1" }, resolve);
  });
  tell({ type: "ready", port: (server.address() as AddressInfo).port, version: engine.version });
  return { server, pool, named, close: engine.close };
}

/** Questions are killed, inserts run to their end; the parent's patience is the bound. */
async function stop({ server, pool, named, close }: Running, withinMs: number): Promise<never> {
  setTimeout(() => process.exit(0), withinMs);
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  await pool.control.queryAsync("KILL QUERY WHERE query LIKE '/* wk-%' ASYNC").catch(() => undefined);
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, withinMs / 2))]);
  server.closeAllConnections();
  named.close();
  pool.close();
  await close();
  process.exit(0);
}

function main(): void {
  // A signal to the whole group (Ctrl-C) is the parent's to answer; it says when the engine stops.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => undefined);
  process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));
  let running: Promise<Running> | undefined;
  process.on("message", (message: ParentMessage) => {
    if (message.type === "start") {
      running = start(message);
      running.catch((error: unknown) => {
        tell({ type: "failed", message: messageOf(error) });
      });
    } else {
      running?.then((engine) => stop(engine, message.withinMs)).catch((error: unknown) => fail(error));
    }
  });
}

function fail(error: unknown): never {
  process.stderr.write(`engine: ${messageOf(error)}\n`);
  process.exit(1);
}

main();
