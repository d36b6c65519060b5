/**
 * The engine with one user of docker/clickhouse/users.xml in the place of its only user: the grants and limits that the
 * server of docker-compose.yml would apply, applied by the same engine. One directory a process.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createHttpServer } from "../../ingest/engine/http-server.ts";
import { createNamedSessions } from "../../ingest/engine/named-sessions.ts";
import { createSessionPool } from "../../ingest/engine/session-pool.ts";
import { ROOT } from "../e2e/watchkeeper.ts";

export type ComposeUser = "watchkeeper_writer" | "watchkeeper_reader";

export interface EngineAs {
  /** Runs one statement as the user; rejects with the server's words. */
  run(sql: string): Promise<string>;
  /** ClickHouse's HTTP interface on loopback, with `writer` / `secret` as credentials. */
  listen(): Promise<string>;
  close(): Promise<void>;
}

const inner = (xml: string, name: string): string => {
  const found = new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(xml)?.[1];
  if (found === undefined) throw new Error(`docker/clickhouse has no <${name}>`);
  return found;
};

function usersXml(user: ComposeUser): string {
  const xml = readFileSync(join(ROOT, "docker/clickhouse/users.xml"), "utf8")
    .replace(/<!--[\s\S]*?-->/g, "")
    // Only a server takes it: the embedded engine reads no access_control_improvements.
    .replace("<changeable_in_readonly/>", "");
  return `<clickhouse>
<profiles><default></default>${inner(xml, "profiles")}</profiles>
<users><default><password></password>${inner(inner(xml, "users"), user)}</default></users>
<quotas><default></default></quotas>
</clickhouse>`;
}

/** Opens the engine's data in `directory`, as `ingest/engine/open.ts` keeps it. */
export async function openEngineAs(user: ComposeUser, directory: string): Promise<EngineAs> {
  const { Session, drainPending } = await import("chdb");
  const data = join(directory, "data");
  mkdirSync(data, { recursive: true });
  const [users, config] = [join(directory, "users-as.xml"), join(directory, "config-as.xml")];
  writeFileSync(users, usersXml(user));
  writeFileSync(config, `<clickhouse><users_config>${users}</users_config></clickhouse>`);
  const first = new Session(data, { connectionArgs: [`--config-file=${config}`] });
  const closing: (() => Promise<unknown>)[] = [];
  // With what the user is granted; the reader comes to a database that is there.
  if (user === "watchkeeper_writer") await first.queryAsync("CREATE DATABASE IF NOT EXISTS watchkeeper");
  const open = async () => {
    const session = new Session(data);
    await session.queryAsync("USE watchkeeper");
    return session;
  };
  return {
    async run(sql) {
      const session = await open();
      try {
        return (await session.queryAsync(sql, { format: "JSONEachRow" })).text();
      } finally {
        session.close();
      }
    },
    async listen() {
      const pool = await createSessionPool(open);
      const named = createNamedSessions(open);
      const credentials = (username: string) => ({ username, password: "secret" });
      const server = createHttpServer({
        ...{ pool, named, database: "watchkeeper" },
        users: { writer: credentials("writer"), reader: credentials("reader") },
      });
      await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
      closing.push(async () => {
        server.closeAllConnections();
        await new Promise((closed) => server.close(closed));
        named.close();
        pool.close();
      });
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
    async close() {
      for (const close of closing) await close();
      await drainPending();
      first.close();
      await drainPending();
    },
  };
}
