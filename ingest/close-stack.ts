/** What closes the parts of a process, in the order opposite to their start. */
import type { Logger } from "pino";
import { messageOf } from "../schemas/errors.ts";

export interface CloseStack {
  push(name: string, close: () => Promise<unknown>): void;
  /** Closes every part, the last one pushed first; a part that fails does not keep the others open. */
  close(): Promise<void>;
}

/** Empty; a failure to close is logged. */
export function createCloseStack(logger: Pick<Logger, "error">): CloseStack {
  const parts: { readonly name: string; close(): Promise<unknown> }[] = [];
  let closing: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      await part
        .close()
        .catch((error: unknown) => logger.error({ part: part?.name, error: messageOf(error) }, "closing failed"));
    }
  };
  return {
    push: (name, close) => void parts.push({ name, close }),
    close: () => {
      closing ??= closeAll();
      return closing;
    },
  };
}
