/** TLS and compression on the way to an outside ClickHouse: the real client, the real engine, a TLS end in between. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type Server } from "node:tls";
import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { classifyStoreError } from "../../../ingest/clickhouse/classify.ts";
import { connectStore } from "../../../ingest/clickhouse/connect.ts";
import { migrate } from "../../../ingest/clickhouse/migrate.ts";
import { createInsert } from "../../../ingest/store/insert.ts";
import { type Certificate, createAuthority } from "../../fakes/certificate.ts";
import { type FaultyProxy, startFaultyProxy } from "../../fakes/faulty-proxy.ts";
import { eventRow, RETENTION } from "../engine/events.ts";
import { logger, type RunningEngine, runEngine } from "../engine/running-engine.ts";

const DIST = new URL("../../../dist/ingest/clickhouse/", import.meta.url);

let running: RunningEngine;
let proxy: FaultyProxy;
let directory: string;
const authority = createAuthority("An authority of our own");
const servers: Server[] = [];

beforeAll(async () => {
  running = await runEngine();
  proxy = await startFaultyProxy(running.engine.url);
  directory = await mkdtemp(join(tmpdir(), "watchkeeper-tls-"));
  await writeFile(join(directory, "ca.pem"), authority.cert);
  await migrate(running.writer, { database: running.engine.database, retention: RETENTION, logger });
});

afterAll(async () => {
  for (const server of servers) server.close();
  await proxy.close();
  await running.close();
  await rm(directory, { recursive: true, force: true });
});

/** Ends TLS before the engine; answers with its port. */
async function startTls(certificate: Certificate): Promise<number> {
  const server = createServer(certificate, (socket) => {
    const engine = connect(Number(new URL(running.engine.url).port), "127.0.0.1");
    for (const end of [socket, engine]) end.on("error", () => undefined);
    socket.pipe(engine).pipe(socket);
  });
  server.on("tlsClientError", () => undefined);
  servers.push(server.listen(0, "127.0.0.1"));
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const access = (url: string) => ({ url, database: running.engine.database, ...running.engine.writer });

/** Asks in a process of its own, because Node reads NODE_EXTRA_CA_CERTS once, when it starts. */
async function askApart(url: string): Promise<string> {
  const script = `
    import { connectStore } from ${JSON.stringify(new URL("connect.js", DIST).href)};
    import { classifyStoreError } from ${JSON.stringify(new URL("classify.js", DIST).href)};
    const client = connectStore({ ...${JSON.stringify(access(url))}, compress: true });
    try {
      const result = await client.query({ query: "SELECT 'asked' AS a", format: "JSONEachRow" });
      process.stdout.write((await result.json())[0].a);
    } catch (error) {
      const { verdict, code, message } = classifyStoreError(error);
      process.stdout.write([verdict, code, message].join(" "));
    }
    await client.close();`;
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(directory, "ca.pem") };
  const run = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], { env });
  return (await run).stdout;
}

async function judged(url: string): Promise<string> {
  const client = connectStore(access(url));
  try {
    return await client.query({ query: "SELECT 1" }).then(
      () => "answered",
      (error: unknown) => {
        const { verdict, code, message } = classifyStoreError(error);
        return `${verdict} ${code} ${message}`;
      },
    );
  } finally {
    await client.close();
  }
}

describe("https to the store", () => {
  it("is trusted with the authority that NODE_EXTRA_CA_CERTS names", async () => {
    const port = await startTls(authority.issue("127.0.0.1"));
    expect(await askApart(`https://127.0.0.1:${port}`)).toBe("asked");
  });

  it("says that the certificate is for another name", async () => {
    const port = await startTls(authority.issue("db.example.com"));
    const words = await askApart(`https://127.0.0.1:${port}`);
    expect(words).toMatch(/^fatal store_certificate_refused .*ERR_TLS_CERT_ALTNAME_INVALID/);
  });

  it("says that the authority is not known", async () => {
    const port = await startTls(authority.issue("127.0.0.1"));
    const words = await judged(`https://127.0.0.1:${port}`);
    expect(words).toMatch(/^fatal store_certificate_refused .*UNABLE_TO_VERIFY_LEAF_SIGNATURE/);
  });

  it("says that the address does not speak TLS, and waits for one that speaks nothing else", async () => {
    expect(await judged(running.engine.url.replace("http:", "https:"))).toMatch(
      /^fatal store_misconfigured The address of the store does not speak TLS/,
    );
    const port = await startTls(authority.issue("127.0.0.1"));
    expect(await judged(`http://127.0.0.1:${port}`)).toMatch(/^retry store_unavailable/);
  });
});

describe("compression to the store", () => {
  it("packs both ways: zstd there where Node has it, gzip back", async () => {
    const client = connectStore({ ...access(proxy.url), compress: true });
    const rows = Array.from({ length: 1_200 }, (_, n) => eventRow(n, Date.now(), { agent: "packed" }));
    const texts = rows.map((row) => ({ head: `${JSON.stringify(row)}\n` }));
    const insert = createInsert({ client, database: running.engine.database, nonce: () => "n" });
    await insert("events", "packed", texts, new AbortController().signal);
    const query = "SELECT count() AS n FROM events WHERE agent = 'packed'";
    const answer = await client.query({ query, format: "JSONEachRow" });
    expect(await answer.json()).toEqual([{ n: "1200" }]);
    expect(answer.response_headers["content-encoding"]).toBe("gzip");
    await client.close();
    const codec = "createZstdCompress" in zlib ? "zstd" : "gzip";
    expect(proxy.headers[0]?.["content-encoding"]).toBe(codec);
  });

  it("is left out on this machine", async () => {
    const client = connectStore(access(proxy.url));
    const answer = await client.query({ query: "SELECT 1" });
    await answer.text();
    expect(answer.response_headers["content-encoding"]).toBeUndefined();
    await client.close();
  });
});
