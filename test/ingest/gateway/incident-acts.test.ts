import { afterEach, describe, expect, it } from "vitest";
import { WatchkeeperError } from "../../../schemas/errors.ts";
import { type RunningGateway, startGateway, TOKEN } from "./gateway-fixture.ts";

let running: RunningGateway | undefined;
let said: unknown[];

async function start(problem?: WatchkeeperError): Promise<RunningGateway> {
  said = [];
  const say = async (act: string, id: string, by: string) => {
    if (problem !== undefined) throw problem;
    said.push({ act, id, by });
    return { id, state: "open" };
  };
  running = await startGateway({ incidents: { list: async () => [], say } });
  return running;
}

afterEach(async () => {
  await running?.gateway.stop();
  running = undefined;
});

const post = (g: RunningGateway, path: string, body: unknown, token = TOKEN): Promise<Response> =>
  fetch(`${g.url}/v1/incidents/${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });

describe("what people say of incidents over HTTP", () => {
  it.each([
    ["ack", "acknowledged"],
    ["expected", "expected"],
  ])("%s is passed on with who says it, and answered with the incident", async (path, act) => {
    const g = await start();
    const answer = await post(g, `i%2F1/${path}`, { by: " ada " });
    expect([answer.status, await answer.json()]).toEqual([200, { incident: { id: "i/1", state: "open" } }]);
    expect(said).toEqual([{ act, id: "i/1", by: "ada" }]);
  });

  it("needs the token on loopback, too", async () => {
    const g = await start();
    const answer = await post(g, "1/ack", { by: "ada" }, "another");
    expect([answer.status, await answer.json()]).toMatchObject([401, { error: { code: "unauthorized" } }]);
    expect(said).toEqual([]);
  });

  it.each([{}, { by: "" }, { by: "  " }, { by: "a".repeat(65) }, { by: 1 }, "ada"])("refuses %j", async (body) => {
    const g = await start();
    const answer = await post(g, "1/ack", body);
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: { code: "invalid_request" } }]);
    expect(said).toEqual([]);
  });

  it.each([
    ["incident_not_found", 404],
    ["nothing_to_learn", 409],
  ])("answers %s with %d", async (code, status) => {
    const g = await start(new WatchkeeperError("no", { code, verdict: "poison" }));
    const answer = await post(g, "1/expected", { by: "ada" });
    expect([answer.status, await answer.json()]).toEqual([status, { error: { code, message: "no" } }]);
  });

  it("knows no other acts", async () => {
    const g = await start();
    expect((await post(g, "1/forget", { by: "ada" })).status).toBe(404);
  });
});
