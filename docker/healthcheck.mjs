// Healthy when the running `up` says it is ready. Where it listens and the token are in its own file, mode 0600.
import { readFileSync } from "node:fs";
import { join } from "node:path";

try {
  const file = join(process.env.WATCHKEEPER_DATA_DIR ?? "watchkeeper-data", "connection.json");
  const { url, token } = JSON.parse(readFileSync(file, "utf8"));
  const ready = new URL("/readyz", url);
  // It may listen on every address; it is asked on this machine's own.
  if (["0.0.0.0", "[::]"].includes(ready.hostname)) ready.hostname = "127.0.0.1";
  const answer = await fetch(ready, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(4000),
  });
  process.stdout.write(`${answer.status} ${(await answer.text()).slice(0, 2000)}\n`);
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  process.stdout.write(`not ready: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
