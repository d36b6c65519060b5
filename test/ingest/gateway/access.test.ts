import { request } from "node:http";
import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { ACTION, type RunningGateway, startGateway } from "./gateway-fixture.ts";

let running: RunningGateway | undefined;

async function start(changes?: Parameters<typeof startGateway>[0]): Promise<RunningGateway> {
  running = await startGateway(changes);
  return running;
}

afterEach(async () => {
  await running?.gateway.stop();
  running = undefined;
});

/** Like fetch, but with a free choice of headers. */
function ask(url: string, path: string, method: string, headers: Record<string, string>): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const asked = request({ hostname, port, path, method, headers }, (answer) => {
      let text = "";
      answer.on("data", (chunk) => {
        text += String(chunk);
      });
      answer.on("end", () =>
        resolve([answer.statusCode ?? 0, text === "" ? "" : (JSON.parse(text).error?.code ?? "")]),
      );
    });
    asked.on("error", reject).end(method === "POST" ? ACTION : undefined);
  });
}

const LINES = { "content-type": "text/plain" };
const TOKEN = "a-long-token";

describe("on loopback", () => {
  it("is open to the machine", async () => {
    const g = await start();
    const { port } = new URL(g.url);
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`, "LOCALHOST"]) {
      expect(await ask(g.url, "/v1/events", "POST", { ...LINES, host })).toEqual([200, ""]);
    }
    expect(await ask(g.url, "/v1/incidents", "GET", {})).toEqual([200, ""]);
  });

  it.each(["evil.example", "127.0.0.1.evil.example:7077", "localhost.evil.example", "127.1.evil", "10.0.0.1"])(
    "refuses the foreign host %s",
    async (host) => {
      const g = await start();
      expect(await ask(g.url, "/v1/incidents", "GET", { host })).toEqual([403, "foreign_host"]);
      expect(await ask(g.url, "/v1/events", "POST", { ...LINES, host })).toEqual([403, "foreign_host"]);
      expect(g.appends).toEqual([]);
    },
  );

  it.each([
    [{ origin: "https://evil.example" }],
    [{ origin: "null" }],
    [{ origin: "http://127.0.0.1:1" }],
    [{ "sec-fetch-site": "cross-site" }],
  ])("refuses a post of another site's page %j", async (headers) => {
    const g = await start();
    expect(await ask(g.url, "/v1/events", "POST", { ...LINES, ...headers } as Record<string, string>)).toEqual([
      403,
      "foreign_origin",
    ]);
    expect(g.appends).toEqual([]);
  });

  it("takes a post of its own page", async () => {
    const g = await start();
    expect(await ask(g.url, "/v1/events", "POST", { ...LINES, origin: g.url })).toEqual([200, ""]);
  });
});

/** Where a token is set; on loopback too, for who stands behind a proxy of the same machine. */
describe.each(["127.0.0.1", "0.0.0.0"])("with a token, on %s", (host) => {
  it("asks for it everywhere but at /healthz", async () => {
    const g = await start({ listen: { host, port: 0 }, auth: { token: TOKEN, changes: TOKEN } });
    for (const path of ["/readyz", "/metrics", "/v1/incidents", "/", "/nowhere", "//healthz", "/healthz/"]) {
      expect([path, ...(await ask(g.url, path, "GET", {}))]).toEqual([path, 401, "unauthorized"]);
    }
    expect(await ask(g.url, "/v1/events", "POST", LINES)).toEqual([401, "unauthorized"]);
    expect(await ask(g.url, "/healthz", "GET", {})).toEqual([200, ""]);
    expect(g.appends).toEqual([]);
    expect(await ask(g.url, "/v1/incidents", "GET", { authorization: `Bearer ${TOKEN}` })).toEqual([200, ""]);
  });
});

describe("beyond loopback", () => {
  const listen = { host: "0.0.0.0", port: 0 };

  it.each([undefined, ""])("does not start without a token (%j)", async (token) => {
    await expect(startGateway({ listen, auth: { token, changes: TOKEN } })).rejects.toMatchObject({
      code: "token_required",
      hint: expect.stringContaining("WATCHKEEPER_HTTP_TOKEN"),
    });
  });

  it.each([
    ["Bearer wrong", 401],
    [`Bearer ${TOKEN}x`, 401],
    [`Basic ${TOKEN}`, 401],
    [`Bearer ${TOKEN}`, 200],
    [`bearer ${TOKEN}`, 200],
  ])("answers %s with %d", async (authorization, status) => {
    const g = await start({ listen, auth: { token: TOKEN, changes: TOKEN } });
    expect((await ask(g.url, "/v1/events", "POST", { ...LINES, authorization }))[0]).toBe(status);
    expect(g.logs.join("")).not.toContain(TOKEN);
  });
});

describe("starting and stopping", () => {
  it("says that the port is taken and how to choose another", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as { port: number };
    await expect(startGateway({ listen: { host: "127.0.0.1", port } })).rejects.toMatchObject({
      code: "port_in_use",
      message: expect.stringContaining(String(port)),
      hint: expect.stringContaining("WATCHKEEPER_HTTP_PORT"),
    });
    other.close();
  });

  it("finishes a running post before it stops, and takes no new one", async () => {
    let durable: () => void = () => undefined;
    const started = new Promise<void>((appended) => {
      void start({
        append: () =>
          new Promise((resolve) => {
            durable = resolve;
            appended();
          }),
      }).then((g) => {
        answer = g.post(ACTION).then((response) => response.status);
      });
    });
    let answer: Promise<number> = Promise.resolve(0);
    await started;
    const g = running as RunningGateway;
    const stopped = g.gateway.stop();
    running = undefined;
    await expect(g.post(ACTION)).rejects.toThrow();
    durable();
    expect(await answer).toBe(200);
    await stopped;
  });
});
