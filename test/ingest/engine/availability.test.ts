import { describe, expect, it } from "vitest";
import { checkEngineAvailable, engineUnavailable, type Machine } from "../../../ingest/engine/availability.ts";

const good: Machine = {
  platform: "linux",
  arch: "x64",
  glibc: "2.35",
  cpuinfo: "processor\t: 0\nflags\t\t: fpu sse4_2 avx avx2 bmi2\n",
  hasPackage: () => true,
};

describe("whether the embedded store can run", () => {
  it("is found out of this very machine", () => {
    expect(checkEngineAvailable()).toEqual({ ok: true });
  });

  it.each([
    ["Windows", { platform: "win32" }, "Windows"],
    ["a system without a build", { platform: "freebsd" }, "freebsd x64"],
    ["Alpine", { glibc: undefined }, "Alpine"],
    ["an old glibc", { glibc: "2.17" }, "glibc 2.25"],
    ["a processor without AVX2", { cpuinfo: "flags\t\t: fpu avx avx512f\n" }, "AVX2"],
    ["a missing package", { hasPackage: () => false }, "chdb"],
    ["a missing library", { hasPackage: (name: string) => name === "chdb" }, "@chdb/lib-linux-x64-gnu"],
  ])("is said in a sentence on %s", (_, change, words) => {
    const answer = checkEngineAvailable({ ...good, ...change });
    const reason = answer.ok ? "" : answer.reason;
    expect(reason).toContain(words);
    expect(engineUnavailable(reason)).toMatchObject({
      code: "engine_unavailable",
      exitCode: 1,
      message: expect.stringContaining(words),
      hint: expect.stringContaining("Set CLICKHOUSE_URL"),
    });
  });

  it("does not ask for AVX2 where the build has none", () => {
    expect(checkEngineAvailable({ ...good, arch: "arm64", cpuinfo: "" })).toEqual({ ok: true });
    expect(checkEngineAvailable({ ...good, platform: "darwin", arch: "arm64", glibc: undefined, cpuinfo: "" })).toEqual(
      { ok: true },
    );
  });
});
