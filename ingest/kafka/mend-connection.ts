/**
 * A repair of kafkajs 2.2.4: a connection that is made again keeps the first bytes of an answer that the former socket
 * did not finish, and goes on listening to that socket, and to a second one when two requests connect at once. Bytes of
 * different sockets are then read as one stream: answers of nobody's question, or an exception that ends the process.
 * Here one connect runs at a time, each begins with nothing read, and only its own socket is listened to.
 */
import { createRequire } from "node:module";
import type { Socket } from "node:net";
import { messageOf } from "../../schemas/errors.ts";

interface Connection {
  chunks: Buffer[];
  bytesBuffered: number;
  bytesNeeded: number;
  socket?: Socket;
  isConnected(): boolean;
  connect(): Promise<true>;
  processData(data: Buffer): void;
}

const REPAIRED = Symbol.for("watchkeeper.mend-connection");
/** An answer begins with its size, an int32. */
const SIZE_BYTES = 4;

/** Doing it again changes nothing. */
export function mendConnection(): void {
  const load = createRequire(import.meta.url);
  const { prototype } = load("kafkajs/src/network/connection.js") as { prototype: Connection };
  const { connect, processData } = prototype;
  if (typeof connect !== "function" || REPAIRED in connect) return;
  const connecting = new WeakMap<Connection, Promise<true>>();

  const mendedConnect = function (this: Connection): Promise<true> {
    if (this.isConnected()) return connect.call(this);
    const known = connecting.get(this);
    if (known !== undefined) return known;
    forget(this);
    const running = untilClosed(this, connect.call(this)).finally(() => connecting.delete(this));
    connecting.set(this, running);
    return running;
  };

  const mendedProcessData = function (this: Connection, data: Buffer): void {
    try {
      processData.call(this, data);
    } catch (error) {
      this.socket?.destroy(new Error(`an answer that is not Kafka's: ${messageOf(error)}`));
    }
  };

  prototype.connect = Object.assign(mendedConnect, { [REPAIRED]: true });
  prototype.processData = mendedProcessData;
}

/** The former socket, and what it left half read. */
function forget(connection: Connection): void {
  const { socket } = connection;
  connection.chunks = [];
  connection.bytesBuffered = 0;
  connection.bytesNeeded = SIZE_BYTES;
  if (socket === undefined) return;
  for (const event of ["data", "end", "error", "timeout"]) socket.removeAllListeners(event);
  socket.on("error", () => undefined);
  socket.destroy();
}

/** A socket that ends before it was connected, without an error, settles nothing in kafkajs. */
function untilClosed(connection: Connection, connected: Promise<true>): Promise<true> {
  return new Promise((resolve, reject) => {
    connected.then(resolve, reject);
    connection.socket?.once("close", (hadError) => {
      if (!hadError) reject(closedEarly());
    });
  });
}

function closedEarly(): Error {
  return Object.assign(new Error("Connection error: closed before it was made"), {
    name: "KafkaJSConnectionError",
    retriable: true,
  });
}
