/** What every sink keeps, whatever the other side does: run it for each entry of the registry. */
import { describe, expect, it } from "vitest";
import type { Sink, SinkRequest } from "../../alerting/sinks/sink.ts";
import { budget, incidentOf } from "../alerting/sample.ts";

export interface SinkUnderTest {
  readonly sink: Sink;
  readonly channel: string;
  /** Must appear in nothing that the sink returns. */
  readonly secret: string;
  /** All that was shown so far. */
  shown(): string;
  stop(): Promise<void>;
}

/** One way in which the other side fails, and what the sender must hear. */
export interface FailureCase {
  readonly name: string;
  readonly status: "retry" | "refused" | "unfit" | "gone";
  readonly afterMs?: number;
  readonly doubtful?: boolean;
  arrange(under: SinkUnderTest): void;
}

const ESCAPE = String.fromCodePoint(27);
const RIGHT_TO_LEFT = String.fromCodePoint(0x202e);
const HOSTILE = `<!here> <@U1> <https://evil.example|x> *b* \`c\` @channel ${ESCAPE}[31mred${ESCAPE}]0;t${String.fromCodePoint(7)} ${RIGHT_TO_LEFT}\r\n# ${"\u{1F600}".repeat(9000)}`;

function postOf(channel: string, incident = incidentOf()): SinkRequest {
  const tag = { incidents: { [incident.id]: incident.revision }, step: "opened" } as const;
  return { action: "post", channel, content: { kind: "incident", incident }, tag };
}

export function sinkContract(
  name: string,
  start: () => Promise<SinkUnderTest>,
  failures: readonly FailureCase[],
): void {
  async function withSink(use: (under: SinkUnderTest) => Promise<void>): Promise<void> {
    const under = await start();
    try {
      await use(under);
    } finally {
      under.sink.close();
      await under.stop();
    }
  }

  describe(`${name} keeps the contract of sinks`, () => {
    it("posts, replies and updates, and says where", () =>
      withSink(async ({ sink, channel, shown }) => {
        const incident = incidentOf(budget(70));
        const posted = await sink.deliver(postOf(channel, incident), "full");
        if (posted.status !== "sent") throw new Error(posted.reason);
        const { place } = posted;
        const tag = { incidents: { [incident.id]: 2 }, step: "limit" } as const;
        const limit = { ...incident, revision: 2, finding: budget(100) };
        const content = { kind: "reply", incident: limit, step: "limit" } as const;
        expect(await sink.deliver({ action: "reply", place, content, tag }, "full")).toMatchObject({ status: "sent" });
        const update = { action: "update", place, content: { kind: "incident", incident: limit } } as const;
        expect(await sink.deliver(update, "full")).toEqual({ status: "sent", place });
        expect(shown()).toContain("used 70 %");
        expect(shown()).toContain("used 100 %");
      }));

    it.each(["full", "short", "bare"] as const)("shows hostile text as harmless text (%s)", (detail) =>
      withSink(async ({ sink, channel, shown }) => {
        const finding = budget(70, { agent: HOSTILE, title: HOSTILE, facts: [HOSTILE, HOSTILE], why: HOSTILE });
        const events = finding.events.map((event) => ({ ...event, tool: HOSTILE, note: HOSTILE }));
        const incident = incidentOf({ ...finding, events, scope: { kind: "agent", name: HOSTILE } });
        expect(await sink.deliver(postOf(channel, incident), detail)).toMatchObject({ status: "sent" });
        expect(shown()).not.toContain(ESCAPE);
        expect(shown()).not.toContain(RIGHT_TO_LEFT);
        expect(shown()).not.toContain("\r");
        expect(shown().length).toBeLessThan(20_000);
      }),
    );

    it("shows a group of the largest size", () =>
      withSink(async ({ sink, channel }) => {
        const incidents = Array.from({ length: 30 }, (_, n) => incidentOf(budget(70, { agent: `${n}${HOSTILE}` })));
        const tag = { incidents: Object.fromEntries(incidents.map(({ id }) => [id, 1])), step: "opened" } as const;
        const content = { kind: "group", incidents, changed: new Set(incidents.map(({ id }) => id)) } as const;
        expect(await sink.deliver({ action: "post", channel, content, tag }, "full")).toMatchObject({ status: "sent" });
      }));

    it.each(failures.map((one) => [one.name, one] as const))("%s", (_name, failure) =>
      withSink(async (under) => {
        failure.arrange(under);
        const outcome = await under.sink.deliver(postOf(under.channel), "full");
        const { status, afterMs, doubtful } = failure;
        expect(outcome).toMatchObject({
          status,
          ...(afterMs === undefined ? {} : { afterMs }),
          ...(doubtful === undefined ? {} : { doubtful }),
        });
        expect(JSON.stringify(outcome)).not.toContain(under.secret);
      }),
    );

    it("a test message says what happened", () =>
      withSink(async ({ sink, channel, secret }) => {
        const result = await sink.test(channel);
        expect(result.ok).toBe(true);
        expect(result.said.join(" ")).not.toContain(secret);
      }));

    it("answers nothing but an outcome after it was closed", () =>
      withSink(async ({ sink, channel }) => {
        sink.close();
        expect(["retry", "sent"]).toContain((await sink.deliver(postOf(channel), "full")).status);
      }));
  });
}
