/** Whether the embedded engine can run on this machine, found out without loading its 550 MB library. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { WatchkeeperError } from "../../schemas/errors.ts";

export type Availability = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** What is asked of the machine; replaced in tests. */
export interface Machine {
  readonly platform: string;
  readonly arch: string;
  /** Version of glibc; undefined on musl (Alpine) and outside Linux. */
  readonly glibc: string | undefined;
  /** Text of /proc/cpuinfo; empty outside Linux. */
  readonly cpuinfo: string;
  /** Whether a package is installed. */
  hasPackage(name: string): boolean;
}

const PACKAGES: Readonly<Record<string, string>> = {
  "linux-x64": "@chdb/lib-linux-x64-gnu",
  "linux-arm64": "@chdb/lib-linux-arm64-gnu",
  "darwin-x64": "@chdb/lib-darwin-x64",
  "darwin-arm64": "@chdb/lib-darwin-arm64",
};

/** The addon needs glibc 2.25. */
const GLIBC = [2, 25] as const;

/** The machine this process runs on. */
function thisMachine(): Machine {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
  const require = createRequire(import.meta.url);
  return {
    platform: process.platform,
    arch: process.arch,
    glibc: report?.header?.glibcVersionRuntime,
    cpuinfo: process.platform === "linux" ? readFileSync("/proc/cpuinfo", "utf8") : "",
    hasPackage(name) {
      try {
        require.resolve(name);
        return true;
      } catch {
        return false;
      }
    },
  };
}

function isOldGlibc(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < GLIBC[0] || (major === GLIBC[0] && minor < GLIBC[1]);
}

/** The first thing that stands in the way, as the rest of a sentence that begins "The embedded store". */
export function checkEngineAvailable(machine: Machine = thisMachine()): Availability {
  const no = (reason: string): Availability => ({ ok: false, reason });
  const { platform, arch, glibc } = machine;
  const library = PACKAGES[`${platform}-${arch}`];
  if (platform === "win32") return no("does not run on Windows; WSL2 will do");
  if (library === undefined) return no(`does not run on ${platform} ${arch}`);
  if (platform === "linux" && glibc === undefined) return no("needs glibc, and this Linux has another libc (Alpine)");
  if (glibc !== undefined && isOldGlibc(glibc)) return no(`needs glibc ${GLIBC.join(".")}, and this is ${glibc}`);
  if (platform === "linux" && arch === "x64" && !/^flags\s*:.*\bavx2\b/m.test(machine.cpuinfo)) {
    return no("needs a processor with AVX2, and this one has none");
  }
  const missing = ["chdb", library].find((name) => !machine.hasPackage(name));
  if (missing !== undefined) return no(`needs the optional package ${missing}, which is not installed (npm install)`);
  return { ok: true };
}

/** The same as an error: code `engine_unavailable`, exit code 1. */
export function engineUnavailable(reason: string): WatchkeeperError {
  return new WatchkeeperError(`The embedded store ${reason}.`, {
    code: "engine_unavailable",
    hint: "Set CLICKHOUSE_URL to use a ClickHouse server instead.",
  });
}
