/** Ports for brokers, which must get theirs again after a restart. */
import { createServer } from "node:net";

/** Below what the kernel hands to outgoing connections (32768 up), so that none of these sits on it at a restart. */
const FROM = 12_000;
const TO = 30_000;

/** Ports on the loopback address that nobody listens on now. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const port = FROM + Math.floor(Math.random() * (TO - FROM));
    if (await isFree(port)) found.add(port);
  }
  return [...found];
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
