import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startHeartbeat } from "../../alerting/heartbeat.ts";

const until = (check: () => void) => vi.waitFor(check, { timeout: 90_000, interval: 10 });

let pings = 0;
let status = 200;
const server = createServer((_request, response) => {
  pings += 1;
  response.writeHead(status).end("ok");
});
let url = "";

beforeEach(async () => {
  pings = 0;
  status = 200;
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ping/secret-uuid`;
});
afterEach(() => new Promise<void>((resolve) => void server.close(() => resolve())));

const isResponsible = () => true;

function said() {
  const lines: string[] = [];
  const telemetry = {
    heartbeatFailed: (host: string, reason: string) => void lines.push(`failed ${host} ${reason}`),
    heartbeatSkipped: (reasons: readonly string[]) => void lines.push(`withheld ${reasons.join()}`),
  };
  return { lines, telemetry };
}

describe("the outside dead-man's switch", () => {
  it("is pinged only while all is well", async () => {
    const { lines, telemetry } = said();
    let problems: string[] = ["slack refuses alerts"];
    const heartbeat = startHeartbeat({ url, everyMs: 10, problems: () => problems, isResponsible, telemetry });
    await until(() => expect(lines.length).toBeGreaterThan(2));
    expect(pings).toBe(0);
    expect(lines[0]).toBe("withheld slack refuses alerts");
    problems = [];
    await until(() => expect(pings).toBeGreaterThan(1));
    await heartbeat.stop();
  });

  it("is pinged by one process of many: a healthy one does not hide one that is stuck", async () => {
    const { lines, telemetry } = said();
    let asked = 0;
    let isOurs = false;
    const isResponsible = () => {
      asked += 1;
      return isOurs;
    };
    const heartbeat = startHeartbeat({ url, everyMs: 10, problems: () => [], isResponsible, telemetry });
    await until(() => expect(asked).toBeGreaterThan(2));
    expect([pings, lines]).toEqual([0, []]);
    isOurs = true;
    await until(() => expect(pings).toBeGreaterThan(1));
    await heartbeat.stop();
  });

  it("a failure is said without the address, and it goes on", async () => {
    status = 500;
    const { lines, telemetry } = said();
    const heartbeat = startHeartbeat({ url, everyMs: 10, problems: () => [], isResponsible, telemetry });
    await until(() => expect(lines.length).toBeGreaterThan(1));
    expect(lines.join()).not.toContain("secret");
    expect(lines[0]).toMatch(/^failed 127\.0\.0\.1:\d+ http_500$/);
    await heartbeat.stop();
  });
});
