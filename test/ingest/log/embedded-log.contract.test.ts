import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbeddedLog } from "../../../ingest/log/embedded-log.ts";
import { eventLogContract, type LogUnderTest } from "../../contract/event-log-contract.ts";

async function open(directory: string): Promise<LogUnderTest> {
  const log = await openEmbeddedLog({ directory, limitBytes: 1024 ** 3, now: Date.now });
  return {
    log,
    async reopen() {
      await log.close();
      return open(directory);
    },
    async dispose() {
      await log.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

eventLogContract("the embedded event log", {
  open: async () => open(await mkdtemp(join(tmpdir(), "embedded-log-"))),
});
