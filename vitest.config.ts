import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/global-setup.ts"],
    // The embedded engine does not live in worker threads.
    pool: "forks",
    maxWorkers: 2,
    // A busy machine is slow, not wrong: ten times as long as anything takes.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 90_000 } },
  },
});
