/** `npm run kafka`: a real broker to try things with; data goes when it is stopped with ctrl-C. */
import { kafkaTools, startBroker } from "./broker.ts";
import { NO_TOOLS } from "./tools.ts";

if (kafkaTools() === undefined) {
  process.stderr.write(`${NO_TOOLS}\n`);
  process.exitCode = 1;
} else {
  const cluster = await startBroker();
  process.stdout.write(`KAFKA_BROKERS=${cluster.brokers.join(",")}\n`);
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  const alive = setInterval(() => undefined, 60_000);
  await stopped;
  clearInterval(alive);
  await cluster.stop();
}
