/** Sockets that keep the agent's process alive only while something of the recorder is on its way. */
import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { ISocketFactory } from "kafkajs";

const KEEP_ALIVE_MS = 60_000;

export interface IdleSockets {
  /** Opens one as kafkajs does itself. */
  readonly open: ISocketFactory;
  /** From here on open sockets keep the process alive … */
  hold(): void;
  /** … until here. */
  release(): void;
  /** Ends every connection at once; what waits for an answer on one fails. */
  cut(): void;
}

export function createIdleSockets(): IdleSockets {
  const sockets = new Set<Socket>();
  let held = false;
  return {
    open({ host, port, ssl, onConnect }) {
      // The default of kafkajs: a name for the certificate, unless it is an address.
      const name = isIP(host) === 0 ? { servername: host } : {};
      const socket = ssl ? connectTls({ host, port, ...name, ...ssl }, onConnect) : connect({ host, port }, onConnect);
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
      if (!held) socket.unref();
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      return socket;
    },
    hold() {
      held = true;
      for (const socket of sockets) socket.ref();
    },
    release() {
      held = false;
      for (const socket of sockets) socket.unref();
    },
    cut() {
      // kafkajs gives up what waits only at an error: a socket that closes without one is not noticed.
      for (const socket of sockets) socket.destroy(new Error("No answer in time: the connection was cut."));
    },
  };
}
