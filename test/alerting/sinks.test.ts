import { describe, expect, it } from "vitest";
import { createSlackSink } from "../../alerting/sinks/slack.ts";
import { createTerminalSink } from "../../alerting/sinks/terminal.ts";
import { type FailureCase, sinkContract } from "../contract/sink-contract.ts";
import { type Fault, type SlackServer, startSlackServer } from "../fakes/slack-server.ts";
import { textSink } from "./harness.ts";

const servers = new WeakMap<object, SlackServer>();
const SECRET = "xoxb-very-secret";

function failing(name: string, fault: Fault, expected: Omit<FailureCase, "name" | "arrange">): FailureCase {
  const arrange: FailureCase["arrange"] = ({ sink }) => servers.get(sink)?.fail("chat.postMessage", fault);
  return { name: `${name} → ${expected.status}`, ...expected, arrange };
}

const retry = { status: "retry" } as const;
const refused = { status: "refused" } as const;
const error = (code: string): Fault => ({ kind: "error", error: code });

sinkContract("slack", async () => {
  const server = await startSlackServer({ token: SECRET });
  const sink = createSlackSink({
    token: SECRET,
    apiUrl: server.url,
    timezoneOf: () => "Europe/Berlin",
    timeoutMs: 2_000,
  });
  servers.set(sink, server);
  const shown = () => server.messages.flatMap((message) => message.shown).join("\n");
  return { sink, channel: "#agent-alerts", secret: SECRET, shown, stop: () => server.close() };
}, [
  failing("429", { kind: "ratelimited", retryAfter: 7 }, { ...retry, afterMs: 7000, doubtful: false }),
  failing("ratelimited", error("ratelimited"), { ...retry, doubtful: false }),
  failing("500", { kind: "http", status: 500 }, { ...retry, doubtful: true }),
  failing("503", { kind: "http", status: 503 }, { ...retry, doubtful: true }),
  failing("404", { kind: "http", status: 404 }, { ...retry, doubtful: false }),
  failing("reset", { kind: "reset", taken: false }, { ...retry, doubtful: true }),
  failing("too slow", { kind: "slow", ms: 4_000 }, { ...retry, doubtful: true }),
  failing("internal_error", error("internal_error"), { ...retry, doubtful: true }),
  failing("a page of HTML instead of an answer", error("<html>proxy xoxb-very-secret</html>"), retry),
  ...[
    "invalid_auth",
    "token_revoked",
    "account_inactive",
    "not_in_channel",
    "channel_not_found",
    "is_archived",
    "missing_scope",
    "no_permission",
    "a_code_nobody_knows",
  ].map((code) => failing(code, error(code), refused)),
  failing("msg_too_long", error("msg_too_long"), { status: "unfit" }),
  failing("invalid_blocks", error("invalid_blocks"), { status: "unfit" }),
  failing("message_not_found", error("message_not_found"), { status: "gone" }),
]);

sinkContract("terminal", async () => {
  const { stream, text } = textSink();
  const sink = createTerminalSink({ stream, colors: false, timezoneOf: () => "UTC" });
  return { sink, channel: "terminal", secret: SECRET, shown: text, stop: async () => void stream.destroy() };
}, [{ name: "a closed stream → retry", status: "retry", arrange: (under) => void under.stop() }]);

describe("slack's test message says what to do", () => {
  it.each([
    ["invalid_auth", "auth.test", /SLACK_BOT_TOKEN is not valid/],
    ["missing_scope", "chat.postMessage", /chat:write/],
    ["not_in_channel", "chat.postMessage", /invite the app/],
  ])("%s", async (code, method, hint) => {
    const server = await startSlackServer();
    const sink = createSlackSink({ token: server.token, apiUrl: server.url, timezoneOf: () => "UTC" });
    server.fail(method, { kind: "error", error: code });
    const { ok, said } = await sink.test("#agent-alerts");
    expect(ok).toBe(false);
    expect(said.join(" ")).toMatch(hint);
    await server.close();
  });
});
