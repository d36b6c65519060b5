import { once } from "node:events";
import { createRequire } from "node:module";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { mendConnection } from "../../../ingest/kafka/mend-connection.ts";
import { until } from "../../until.ts";

interface Connection {
  readonly bytesBuffered: number;
  connect(): Promise<true>;
  isConnected(): boolean;
  send(protocol: object): Promise<string>;
  disconnect(): Promise<unknown>;
}

mendConnection();
const load = createRequire(import.meta.url);
const Connection = load("kafkajs/src/network/connection.js") as new (options: object) => Connection;
const Encoder = load("kafkajs/src/protocol/encoder.js") as new () => object;
const socketFactory = (load("kafkajs/src/network/socketFactory.js") as () => unknown)();
const quiet = Object.fromEntries(["debug", "info", "warn", "error"].map((level) => [level, () => undefined]));
const logger = { namespace: () => quiet };

let server: Server;
let sockets: Socket[];
let connection: Connection;

/** Listens; each connection is given to `serve` with its number, from 1. */
async function listen(serve: (socket: Socket, number: number) => void): Promise<void> {
  sockets = [];
  server = createServer((socket) => {
    socket.on("error", () => undefined);
    serve(socket, sockets.push(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const times = { requestTimeout: 2_000, connectionTimeout: 2_000, enforceRequestTimeout: true };
  connection = new Connection({ host: "127.0.0.1", port, logger, socketFactory, ...times });
}

afterEach(async () => {
  await connection.disconnect();
  for (const socket of sockets) socket.destroy();
  server.close();
});

/** What the broker answered, as text. */
const ask = () =>
  connection.send({
    request: { apiKey: 18, apiVersion: 0, apiName: "ApiVersions", encode: async () => new Encoder() },
    response: { decode: async (payload: Buffer) => payload.toString(), parse: async (text: string) => text },
  });

/** The correlation id stands behind size, key and version of a request. */
function answer(socket: Socket, request: Buffer, text: string): void {
  const head = Buffer.alloc(8);
  head.writeInt32BE(4 + text.length, 0);
  head.writeInt32BE(request.readInt32BE(8), 4);
  socket.write(Buffer.concat([head, Buffer.from(text)]));
}

describe("a connection of kafkajs", () => {
  it("begins anew after one that broke off within an answer", async () => {
    await listen((socket, number) =>
      socket.once("data", (request) => {
        if (number > 1) return answer(socket, request, "whole");
        socket.write(Buffer.from([0, 0, 0, 100, 1, 2]));
        void until(() => connection.bytesBuffered === 6).then(() => socket.resetAndDestroy());
      }),
    );
    await connection.connect();
    await expect(ask()).rejects.toThrow();
    await until(() => !connection.isConnected());
    await connection.connect();
    expect(await ask()).toBe("whole");
  });

  it("opens one socket for two who connect at once", async () => {
    await listen((socket) => socket.on("data", (request) => answer(socket, request, "yes")));
    await Promise.all([connection.connect(), connection.connect()]);
    expect(await ask()).toBe("yes");
    expect(await ask()).toBe("yes");
    expect(sockets).toHaveLength(1);
  });

  it("ends by an error, not by an exception, when what comes is nonsense", async () => {
    await listen((socket) => socket.once("data", () => socket.write(Buffer.from([0, 0, 0, 1, 9]))));
    await connection.connect();
    await expect(ask()).rejects.toThrow("not Kafka's");
  });
});
