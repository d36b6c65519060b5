import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { kafkaAvailable } from "./kafka/available.ts";
import { offerSharedBroker } from "./kafka/shared.ts";

/**
 * Builds dist/ once, so that the tests that start the real binary, the engine or the shipper run what is on disk, and
 * offers the one Kafka broker that test files share. Returns the teardown.
 */
export async function setup(): Promise<() => Promise<void>> {
  const { missing } = kafkaAvailable();
  if (missing !== undefined && process.env.CI === "true") throw new Error(missing);
  if (missing !== undefined) process.stdout.write(`${missing}\n`);
  const root = join(dirname(fileURLToPath(import.meta.url)), "..");
  execFileSync("npm", ["run", "--silent", "build"], { cwd: root, stdio: "inherit" });
  return await offerSharedBroker(process.env);
}
