import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbeddedLog } from "../../../ingest/log/embedded-log.ts";
import { eventLogContract, type LogUnderTest } from "../../contract/event-log-contract.ts";

async function open(directory: string, now: () => number, limitBytes: number): Promise<LogUnderTest> {
  const log = await openEmbeddedLog({ directory, limitBytes, now });
  return {
    log,
    async reopen() {
      await log.close();
      return open(directory, now, limitBytes);
    },
    async dispose() {
      await log.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

eventLogContract("the embedded event log", {
  ownsItsDisk: true,
  open: async ({ now = Date.now, limitBytes = 1024 ** 3 } = {}) =>
    open(await mkdtemp(join(tmpdir(), "embedded-log-")), now, limitBytes),
});
