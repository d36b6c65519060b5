/** A local server that speaks ClickHouse's HTTP as far as inserts go: tokens are known, and it can fail in known ways. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** `reset`: before the insert; `lost`: after it; `foreign`: 200 from something else; a number: refused with this error code. */
type Fault = "reset" | "lost" | "foreign" | number;

export interface FakeClickHouse {
  readonly url: string;
  rows(table: string): Record<string, unknown>[];
  /** Tokens in the order in which inserts came, repeated ones included. */
  readonly tokens: string[];
  /** What the next inserts meet, one each. */
  readonly faults: Fault[];
  /** While true, everything is answered with 503. */
  isDown: boolean;
  close(): Promise<void>;
}

/** Rows that hold this word cannot be parsed. */
export const POISON = "undigestible";

export async function startFakeClickHouse(): Promise<FakeClickHouse> {
  const tables = new Map<string, Record<string, unknown>[]>();
  const known = new Set<string>();
  const tokens: string[] = [];
  const faults: Fault[] = [];

  function refuse(response: ServerResponse, code: number, status = 500): void {
    response.writeHead(status, { "X-ClickHouse-Exception-Code": String(code) });
    response.end(`Code: ${code}. DB::Exception: refused. (SOMETHING) (version 26.7.1.1)`);
  }

  function take(table: string, token: string, body: string): void {
    if (token !== "" && known.has(`${table} ${token}`)) return;
    known.add(`${table} ${token}`);
    const lines = body.split("\n").filter((line) => line !== "");
    const rows = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    // All tables but `events` replace by identity.
    const identity = (row: Record<string, unknown>) => String(row.id ?? `${row.partition}/${row.offset}`);
    const replaced = new Set(table === "events" ? [] : rows.map(identity));
    tables.set(table, [...(tables.get(table) ?? []).filter((row) => !replaced.has(identity(row))), ...rows]);
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const fault = fake.isDown ? undefined : faults.shift();
    if (fault === "reset") {
      request.once("data", () => request.socket.destroy());
      return;
    }
    const body = await text(request);
    const url = new URL(request.url ?? "/", "http://localhost");
    // Whether rows of a doubtful insert are there; roll-ups are the real engine's matter.
    if (body.startsWith("SELECT")) {
      const [from, to] = [Number(url.searchParams.get("param_from")), Number(url.searchParams.get("param_to"))];
      const { param_partition: partition } = Object.fromEntries(url.searchParams);
      const there = fake.rows("events").filter((row) => {
        return String(row.partition) === partition && Number(row.offset) >= from && Number(row.offset) <= to;
      });
      return void response.end(`{"n":${body.includes("toInt64") ? 0 : there.length}}\n`);
    }
    const table = /INSERT INTO \w+\.(\w+) /.exec(url.searchParams.get("query") ?? "")?.[1] ?? "";
    const token = url.searchParams.get("insert_deduplication_token") ?? "";
    if (fake.isDown) return refuse(response, 210, 503);
    if (fault === "foreign") return void response.end("<html>Welcome</html>");
    tokens.push(token);
    if (typeof fault === "number") return refuse(response, fault);
    if (body.includes(POISON)) return refuse(response, 117, 400);
    take(table, token, body);
    if (fault === "lost") request.socket.destroy();
    else response.setHeader("X-ClickHouse-Query-Id", "1").end();
  }

  const server = createServer((request, response) => {
    void answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const fake: FakeClickHouse = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    rows: (table) => tables.get(table) ?? [],
    tokens,
    faults,
    isDown: false,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return fake;
}
