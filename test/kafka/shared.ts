/**
 * One broker for all test files of a run. The process that runs them starts it when the first file asks, over a
 * loopback port whose address it puts into the environment; files namespace their topics and groups themselves.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { namedBrokers } from "./available.ts";
import { type Cluster, consoleProduce, startBroker } from "./broker.ts";

const ADDRESS = "WATCHKEEPER_TEST_KAFKA";

/** A broker that other files use at the same time, so it is not stopped or killed. */
export type SharedBroker = Pick<Cluster, "brokers" | "consoleProduce">;

/** For test files: the run's broker, started by the first that asks. */
export async function sharedBroker(): Promise<SharedBroker> {
  const brokers = namedBrokers() ?? (await askForBrokers());
  return { brokers, consoleProduce: (topic, lines, args) => consoleProduce(brokers, topic, lines, args) };
}

async function askForBrokers(): Promise<string[]> {
  const address = process.env[ADDRESS];
  if (address === undefined) throw new Error("a shared broker is there only in a run of the test suite");
  const response = await fetch(address);
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return JSON.parse(text) as string[];
}

/** For the global set-up: answers test files; returns what stops the broker, if one was started. */
export async function offerSharedBroker(environment: NodeJS.ProcessEnv): Promise<() => Promise<void>> {
  let cluster: Promise<Cluster> | undefined;
  const server = createServer((_, response) => {
    cluster ??= startBroker();
    cluster.then(
      ({ brokers }) => response.end(JSON.stringify(brokers)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  // A question minutes after the last one goes over the same connection.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  environment[ADDRESS] = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return async () => {
    server.close();
    server.closeAllConnections();
    // One that did not start was told to the files that asked.
    const started = await cluster?.catch(() => undefined);
    await started?.stop();
  };
}
