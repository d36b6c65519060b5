/** A TCP proxy whose connections can be reset, or stand still as they do when a network drops every packet. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface TcpProxy {
  readonly port: number;
  /** Resets every connection; new ones are taken. Gives their number. */
  cut(): number;
  /** Until the returned function is called nothing passes, in either direction, on old connections and new ones. */
  hold(): () => void;
  close(): Promise<void>;
}

/** Forwards to a port on the loopback address. */
export async function startTcpProxy(to: number): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let holds = 0;

  function destroy(pair: readonly [Socket, Socket]): void {
    if (!pairs.delete(pair)) return;
    for (const socket of pair) socket.resetAndDestroy();
  }

  function pass(from: Socket, into: Socket): void {
    from.on("data", (chunk) => {
      if (!into.write(chunk)) from.pause();
    });
    into.on("drain", () => {
      if (holds === 0) from.resume();
    });
    from.on("end", () => into.end());
  }

  const server = createServer((near) => {
    const far = connect(to, "127.0.0.1");
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on("error", () => destroy(pair));
      socket.on("close", () => destroy(pair));
    }
    pass(near, far);
    pass(far, near);
    if (holds > 0) for (const socket of pair) socket.pause();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = () => {
    const open = [...pairs];
    for (const pair of open) destroy(pair);
    return open.length;
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    hold() {
      holds += 1;
      for (const socket of [...pairs].flat()) socket.pause();
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        holds -= 1;
        if (holds === 0) for (const socket of [...pairs].flat()) socket.resume();
      };
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      cut();
      await closed;
    },
  };
}
