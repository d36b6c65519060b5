import { afterEach, describe, expect, it } from "vitest";
import type { HealthCheck } from "../../../ingest/gateway/gateway-options.ts";
import { type RunningGateway, startGateway } from "./gateway-fixture.ts";

let running: RunningGateway | undefined;

async function start(changes?: Parameters<typeof startGateway>[0]): Promise<RunningGateway> {
  running = await startGateway(changes);
  return running;
}

afterEach(async () => {
  await running?.gateway.stop();
  running = undefined;
});

describe("questions over HTTP", () => {
  it("lists incidents, the open ones unless asked otherwise", async () => {
    const asked: string[] = [];
    const list = async (filter: string) => {
      asked.push(filter);
      return [{ id: "1" }];
    };
    const g = await start({ incidents: { list, say: async () => ({}) } });
    for (const query of ["", "?state=resolved", "?state=all"]) {
      expect(await (await fetch(`${g.url}/v1/incidents${query}`)).json()).toEqual({ incidents: [{ id: "1" }] });
    }
    expect(asked).toEqual(["open", "resolved", "all"]);
    const wrong = await fetch(`${g.url}/v1/incidents?state=some`);
    expect([wrong.status, await wrong.json()]).toMatchObject([400, { error: { code: "invalid_query" } }]);
  });

  it("says whether it lives and whether it is ready, with every check", async () => {
    let checks: HealthCheck[] = [{ name: "log", ok: true }];
    let live = true;
    const g = await start({ health: { live: () => live, ready: async () => checks } });
    expect((await fetch(`${g.url}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${g.url}/readyz`)).json()).toEqual({ status: "ready", checks });
    checks = [...checks, { name: "store", ok: false, detail: "starting" }];
    live = false;
    const ready = await fetch(`${g.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: "not_ready", checks }]);
    expect((await fetch(`${g.url}/healthz`)).status).toBe(503);
  });

  it("serves metrics as Prometheus reads them, and a pointer at the root", async () => {
    const g = await start();
    const metrics = await fetch(`${g.url}/metrics`);
    expect(metrics.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(await metrics.text()).toContain("# HELP watchkeeper_gateway_");
    expect(await (await fetch(`${g.url}/`)).text()).toContain("POST /v1/events");
  });

  it.each([
    ["GET", "/nowhere", 404, "not_found"],
    ["GET", "/v1/events", 404, "not_found"],
    ["DELETE", "/v1/incidents", 404, "not_found"],
    ["GET", "/%zz", 400, "invalid_request"],
  ])("answers %s %s with %d in the one form of errors", async (method, path, status, code) => {
    const g = await start();
    const answer = await fetch(`${g.url}${path}`, { method });
    expect([answer.status, await answer.json()]).toEqual([status, { error: { code, message: expect.any(String) } }]);
  });

  it("says nothing of its own failures but that it failed", async () => {
    const g = await start({
      incidents: { list: () => Promise.reject(new Error("at /srv/secret.ts")), say: async () => ({}) },
    });
    const answer = await fetch(`${g.url}/v1/incidents`);
    expect([answer.status, await answer.text()]).toEqual([500, expect.not.stringContaining("secret")]);
    expect(g.logs.join("")).toContain("request failed");
  });
});

describe("a process without a role", () => {
  it("says which one is missing instead of taking events or showing incidents, and answers for its health", async () => {
    const g = await start({ intake: undefined, incidents: undefined });
    const posted = await g.post('{"agent":"a"}');
    expect([posted.status, await posted.json()]).toMatchObject([
      404,
      { error: { code: "role_not_here", message: expect.stringContaining('"gateway"') } },
    ]);
    const asked = await fetch(`${g.url}/v1/incidents`);
    expect([asked.status, await asked.json()]).toMatchObject([
      404,
      { error: { code: "role_not_here", message: expect.stringContaining('"web"') } },
    ]);
    const said = await fetch(`${g.url}/v1/incidents/1/ack`, { method: "POST" });
    expect([said.status, await said.json()]).toMatchObject([404, { error: { code: "role_not_here" } }]);
    for (const path of ["/healthz", "/readyz", "/metrics"]) expect((await fetch(g.url + path)).status).toBe(200);
    expect(await (await fetch(g.url)).text()).not.toContain("/v1/");
  });
});
