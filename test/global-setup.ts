import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Builds dist/ once, so that the tests that start the real binary, the engine or the shipper run what is on disk. */
export function setup(): void {
  const root = join(dirname(fileURLToPath(import.meta.url)), "..");
  execFileSync("npm", ["run", "--silent", "build"], { cwd: root, stdio: "inherit" });
}
