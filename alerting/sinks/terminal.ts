/** Incidents to a terminal, or to whatever the stream is: readable, and coloured where colours are shown. */
import type { Writable } from "node:stream";
import pc from "picocolors";
import type { Outcome, Sink } from "./sink.ts";
import { renderTerminal } from "./terminal-message.ts";

export interface TerminalSinkOptions {
  readonly stream: Writable;
  /** `stream.isTTY` and no `NO_COLOR`, as a rule. */
  readonly colors: boolean;
  readonly timezoneOf: (agent: string) => string;
}

export function createTerminalSink({ stream, colors, timezoneOf }: TerminalSinkOptions): Sink {
  const look = { colors: pc.createColors(colors), timezoneOf };
  let lines = 0;

  function write(text: string): Promise<Outcome> {
    return new Promise((resolve) => {
      if (stream.destroyed || stream.writableEnded) {
        resolve({ status: "retry", reason: "stream_closed", afterMs: null, doubtful: false });
        return;
      }
      stream.write(text, (error) => {
        lines += 1;
        if (error) resolve({ status: "retry", reason: "stream_failed", afterMs: null, doubtful: false });
        else resolve({ status: "sent", place: { channel: "terminal", ts: String(lines) } });
      });
    });
  }

  return {
    name: "terminal",
    paced: false,
    replyUpdates: true,
    onlyChannel: "terminal",
    async deliver(request, detail) {
      const rendered = renderTerminal(request.content, request.action === "update", look);
      const shown = detail === "full" ? rendered : rendered.slice(0, 1);
      const apart = shown.length > 1 ? "\n" : "";
      const outcome = await write(`${apart}${shown.join("\n")}\n${apart}`);
      return outcome.status === "sent" && request.action !== "post" ? { ...outcome, place: request.place } : outcome;
    },
    findPosts: () => Promise.resolve({ status: "unreadable", reason: "terminal" }),
    findReplies: () => Promise.resolve({ status: "unreadable", reason: "terminal" }),
    async test() {
      const outcome = await write(`${look.colors.green("✓")} Watchkeeper test message: alerts are shown here.\n`);
      return outcome.status === "sent"
        ? { ok: true, said: ["Printed above: alerts go to this terminal while there is no Slack token."] }
        : { ok: false, said: ["The terminal cannot be written to."] };
    },
    close() {},
  };
}
